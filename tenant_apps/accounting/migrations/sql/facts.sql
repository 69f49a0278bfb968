-- The canonical form (RFC 8785) of an entry: names in order, text as JSON writes it, numbers as text without needless
-- zeros, so there is one spelling for each. What is derived (balances, versions) and what is given later (numbers at
-- the close, the state) is left out.
CREATE FUNCTION @schema@.accounting_line_fact(
    place integer, account uuid, currency text, debit numeric, credit numeric, base_debit numeric, base_credit numeric,
    rate numeric, contact uuid, dimensions bigint, memo text
) RETURNS text LANGUAGE sql STABLE AS $function$
    SELECT '{"account":"' || account || '","base_credit":"' || trim_scale(base_credit)
        || '","base_debit":"' || trim_scale(base_debit) || '","contact":' || coalesce('"' || contact || '"', 'null')
        || ',"credit":"' || trim_scale(credit) || '","currency":"' || currency || '","debit":"' || trim_scale(debit)
        || '","dimensions":' || coalesce('"' || dimensions || '"', 'null')
        || ',"memo":' || pg_catalog.to_json(memo)::text || ',"position":' || place
        || ',"rate":' || coalesce('"' || trim_scale(rate) || '"', 'null') || '}'
$function$;

CREATE FUNCTION @schema@.accounting_entry_fact(
    entry uuid, journal uuid, dated date, posted_at timestamptz, series bigint, number bigint, memo text,
    source_room text, source_id text, source_event text, created_by_kind text, created_by text, approved_by text,
    reverses uuid, lines text
) RETURNS text LANGUAGE sql STABLE AS $function$
    SELECT '{"approved_by":' || coalesce(pg_catalog.to_json(approved_by)::text, 'null')
        || ',"created_by":' || pg_catalog.to_json(created_by)::text
        || ',"created_by_kind":' || pg_catalog.to_json(created_by_kind)::text
        || ',"date":"' || to_char(dated, 'YYYY-MM-DD') || '","id":"' || entry || '","journal":"' || journal
        || '","lines":[' || lines || '],"memo":' || pg_catalog.to_json(memo)::text
        || ',"number":' || coalesce('"' || number || '"', 'null')
        || ',"posted_at":"' || to_char(posted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
        || '","reverses":' || coalesce('"' || reverses || '"', 'null')
        || ',"series":' || coalesce('"' || series || '"', 'null')
        || ',"source_event":' || pg_catalog.to_json(source_event)::text
        || ',"source_id":' || pg_catalog.to_json(source_id)::text
        || ',"source_room":' || pg_catalog.to_json(source_room)::text || ',"v":1}'
$function$;
