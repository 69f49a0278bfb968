-- Posts many entries in a few statements, each entry by itself: one that is refused says why and keeps none of the
-- others. Entries are arrays of equal length; `p_of` says to which entry, from 1, a line belongs. Balances run in the
-- order of the entries. Where an account would fall below its floor on the way, the entries are posted one by one.
CREATE FUNCTION @schema@.accounting_post_many(
    p_entries uuid[], p_events uuid[], p_journals uuid[], p_dates date[], p_memos text[], p_keys text[],
    p_fingerprints bytea[], p_rooms text[], p_sources text[], p_happened text[], p_actor_kind text, p_actor text,
    p_of integer[], p_places integer[], p_accounts uuid[], p_currencies text[], p_debits numeric[],
    p_credits numeric[], p_base_debits numeric[], p_base_credits numeric[], p_rates numeric[], p_rate_rows bigint[],
    p_contacts uuid[], p_dimensions bigint[], p_line_memos text[]
) RETURNS TABLE (
    place bigint, entry uuid, posted_at timestamptz, number bigint, is_replay boolean, reason text, facts text
)
-- Plans for the batch at hand; loops only where a row is looked up by its key, which OFFSET 0 below says.
LANGUAGE plpgsql SECURITY DEFINER SET plan_cache_mode = 'force_custom_plan' SET enable_nestloop = 'off' AS $function$
#variable_conflict use_column
DECLARE
    v_settings record;
    v_now timestamptz;
    v_reasons text[];
    v_facts text[];
    v_debits numeric[];
    v_credits numeric[];
    v_series bigint[];
    v_numbers bigint[];
    v_one record;
    v_number bigint;
    v_due bigint;
BEGIN
    PERFORM pg_catalog.set_config('livery.ledger', 'writing', true);
    PERFORM pg_catalog.pg_advisory_xact_lock_shared(pg_catalog.hashtextextended('@schema@ ledger', 0));
    v_now := pg_catalog.clock_timestamp();
    SELECT s.base_currency, s.base_exponent INTO v_settings FROM @schema@.accounting_ledgersettings s;
    IF NOT FOUND THEN
        PERFORM @schema@.accounting_refuse('books_not_open', '{}');
    END IF;

    -- The amounts in the currency of the books.
    SELECT array_agg(CASE
            WHEN l.currency = v_settings.base_currency THEN l.debit
            ELSE coalesce(l.base_debit, round(l.debit * l.rate, v_settings.base_exponent)) END ORDER BY l.line),
        array_agg(CASE
            WHEN l.currency = v_settings.base_currency THEN l.credit
            ELSE coalesce(l.base_credit, round(l.credit * l.rate, v_settings.base_exponent)) END ORDER BY l.line)
    INTO v_debits, v_credits
    FROM unnest(p_currencies, p_debits, p_credits, p_base_debits, p_base_credits, p_rates) WITH ORDINALITY
        AS l (currency, debit, credit, base_debit, base_credit, rate, line);

    -- What is wrong with each entry, the first fault of each.
    WITH e AS (
        SELECT u.*, j.code, j.kind, j.is_active, row_number() OVER (PARTITION BY u.key ORDER BY u.place) > 1 AS again,
            u.room <> '' AND row_number() OVER (PARTITION BY u.room, u.source, u.happened ORDER BY u.place) > 1 AS twice
        FROM unnest(p_journals, p_dates, p_keys, p_rooms, p_sources, p_happened) WITH ORDINALITY
            AS u (journal, dated, key, room, source, happened, place)
        LEFT JOIN @schema@.accounting_journal j ON j.id = u.journal
    ), l AS (
        SELECT u.of, u.line, u.account, u.currency, u.debit - u.credit AS rest, u.base_debit, u.base_credit, a.id,
            a.code, a.is_active, a.is_group, a.currency AS takes, a.control_room, a.sub_type
        FROM unnest(p_of, p_accounts, p_currencies, p_debits, p_credits, v_debits, v_credits) WITH ORDINALITY
            AS u (of, account, currency, debit, credit, base_debit, base_credit, line)
        LEFT JOIN @schema@.accounting_account a ON a.id = u.account
    ), line_fault AS (
        SELECT DISTINCT ON (l.of) l.of, CASE
            WHEN l.id IS NULL THEN 'unknown_account'
            WHEN NOT l.is_active OR l.is_group THEN 'account_takes_nothing'
            WHEN l.control_room <> '' AND l.control_room <> p_rooms[l.of] THEN 'control_account'
            WHEN l.takes <> '' AND l.takes <> l.currency THEN 'account_currency'
            ELSE 'rate_missing'
        END AS reason, json_build_object(
            'account', coalesce(l.code, l.account::text), 'takes', l.takes, 'currency', l.currency,
            'room', l.control_room, 'base', v_settings.base_currency
        )::text AS facts
        FROM l
        WHERE l.id IS NULL OR NOT l.is_active OR l.is_group OR l.base_debit IS NULL
            OR l.control_room <> '' AND l.control_room <> p_rooms[l.of] OR l.takes <> '' AND l.takes <> l.currency
        ORDER BY l.of, l.line
    ), summed AS (
        SELECT c.of, sum(c.lines) AS lines, sum(c.base) AS base, sum(c.debits) AS debits,
            json_object_agg(c.currency, c.rest) FILTER (WHERE c.rest <> 0) AS open, bool_or(c.taxed) AS taxed
        FROM (
            SELECT l.of, l.currency, count(*) AS lines, sum(l.rest) AS rest, sum(l.base_debit) AS debits,
                sum(l.base_debit - l.base_credit) AS base, bool_or(l.sub_type = 'tax') AS taxed
            FROM l GROUP BY l.of, l.currency
        ) c GROUP BY c.of
    ), closed AS (
        SELECT e.place, min(k.area) AS area, max(k.through) AS through
        FROM e JOIN summed s ON s.of = e.place JOIN @schema@.accounting_periodlock k
            ON k.through >= e.dated AND (k.area IN ('hard', 'all', e.kind) OR k.area = 'tax' AND s.taxed)
        WHERE k.area = 'hard' OR NOT EXISTS (
            SELECT FROM @schema@.accounting_lockexception x
            WHERE x.person = p_actor AND p_actor <> '' AND x.area IN ('all', k.area) AND x.revoked_at IS NULL
            AND x.expires_at > now() AND e.dated BETWEEN x.starts_on AND x.ends_on
        )
        GROUP BY e.place
    ), verdict AS (
        SELECT e.place, CASE
            WHEN known.id IS NOT NULL OR e.again THEN 'known'
            WHEN e.code IS NULL THEN 'unknown_journal'
            WHEN NOT e.is_active THEN 'journal_inactive'
            WHEN closed.place IS NOT NULL THEN 'period_closed'
            WHEN f.of IS NOT NULL THEN f.reason
            WHEN s.lines IS NULL OR s.lines < 2 OR s.base <> 0 OR s.open IS NOT NULL THEN 'unbalanced'
            WHEN e.room = '' AND s.debits >= (
                SELECT min(r.from_amount) FROM @schema@.accounting_approvalrule r WHERE r.journal_id = e.journal
            ) THEN 'approval_needed'
            WHEN e.twice OR taken.id IS NOT NULL THEN 'already_posted'
        END AS reason, CASE
            WHEN f.of IS NOT NULL AND closed.place IS NULL THEN f.facts
            ELSE json_build_object(
                'journal', e.code, 'date', e.dated, 'area', closed.area, 'through', closed.through, 'base', s.base,
                'currencies', s.open, 'lines', coalesce(s.lines, 0), 'currency', v_settings.base_currency, 'from', (
                    SELECT min(r.from_amount) FROM @schema@.accounting_approvalrule r WHERE r.journal_id = e.journal
                )
            )::text
        END AS facts
        FROM e LEFT JOIN summed s ON s.of = e.place LEFT JOIN line_fault f ON f.of = e.place
        LEFT JOIN closed ON closed.place = e.place
        LEFT JOIN LATERAL (
            SELECT k.id FROM @schema@.accounting_journalentry k WHERE k.idempotency_key = e.key OFFSET 0
        ) known ON true
        LEFT JOIN LATERAL (
            SELECT t.id FROM @schema@.accounting_journalentry t
            WHERE e.room <> '' AND t.source_room <> '' AND t.source_room = e.room AND t.source_id = e.source
            AND t.source_event = e.happened OFFSET 0
        ) taken ON true
    )
    SELECT array_agg(v.reason ORDER BY v.place), array_agg(v.facts ORDER BY v.place) INTO v_reasons, v_facts
    FROM verdict v;

    -- Numbers, under the locks of their series in key order.
    v_series := array_fill(NULL::bigint, ARRAY[cardinality(p_entries)]);
    v_numbers := v_series;
    FOR v_one IN
        SELECT u.journal, j.is_yearly, d.dated, array_agg(u.place ORDER BY u.place) AS places
        FROM unnest(p_journals, p_dates, v_reasons) WITH ORDINALITY AS u (journal, dated, reason, place)
        JOIN @schema@.accounting_journal j ON j.id = u.journal AND j.numbering = 'posting'
        CROSS JOIN LATERAL (
            SELECT CASE WHEN j.is_yearly THEN coalesce((
                SELECT f.starts_on FROM @schema@.accounting_fiscalyear f WHERE u.dated BETWEEN f.starts_on AND f.ends_on
            ), date_trunc('year', u.dated)::date) ELSE '2000-01-01' END AS dated
        ) d
        WHERE u.reason IS NULL GROUP BY u.journal, j.is_yearly, d.dated ORDER BY u.journal, d.dated
    LOOP
        SELECT s.id, s.last INTO v_due, v_number
        FROM @schema@.accounting_series(v_one.journal, v_one.is_yearly, v_one.dated) s;
        FOR i IN 1..cardinality(v_one.places) LOOP
            v_series[v_one.places[i]] := v_due;
            v_numbers[v_one.places[i]] := v_number + i;
        END LOOP;
        UPDATE @schema@.accounting_numberseries s SET last = v_number + cardinality(v_one.places) WHERE s.id = v_due;
    END LOOP;

    INSERT INTO @schema@.accounting_journalentry (
        id, journal_id, state, series_id, number, date, posted_at, memo, source_room, source_id, source_event,
        created_by_kind, created_by, idempotency_key, fingerprint
    )
    SELECT u.id, u.journal, 'posted', u.series, u.number, u.dated, v_now, u.memo, u.room, u.source, u.happened,
        p_actor_kind, p_actor, u.key, u.fingerprint
    FROM unnest(
        p_entries, p_journals, v_series, v_numbers, p_dates, p_memos, p_rooms, p_sources, p_happened, p_keys,
        p_fingerprints, v_reasons
    ) AS u (id, journal, series, number, dated, memo, room, source, happened, key, fingerprint, reason)
    WHERE u.reason IS NULL;

    -- Balances, locked in key order.
    INSERT INTO @schema@.accounting_accountbalance (account_id, currency)
    SELECT DISTINCT u.account, u.currency COLLATE "C"
    FROM unnest(p_of, p_accounts, p_currencies) AS u (of, account, currency)
    JOIN @schema@.accounting_account a ON a.id = u.account AND NOT (a.is_hot AND a.floor = 'none')
    WHERE v_reasons[u.of] IS NULL ORDER BY 1, 2 ON CONFLICT DO NOTHING;
    PERFORM FROM @schema@.accounting_accountbalance b
    WHERE (b.account_id, b.currency) IN (
        SELECT u.account, u.currency FROM unnest(p_of, p_accounts, p_currencies) AS u (of, account, currency)
        JOIN @schema@.accounting_account a ON a.id = u.account AND NOT (a.is_hot AND a.floor = 'none')
        WHERE v_reasons[u.of] IS NULL
    ) ORDER BY b.account_id, b.currency COLLATE "C" FOR UPDATE;

    INSERT INTO @schema@.accounting_journalline (
        entry_id, position, account_id, currency, date, debit, credit, base_debit, base_credit, rate, rate_row_id,
        contact, dimensions_id, memo, balance, version
    )
    SELECT p_entries[u.of], u.place, u.account, u.currency, p_dates[u.of], u.debit, u.credit, u.base_debit,
        u.base_credit, u.rate, u.rate_row, u.contact, u.dimensions, coalesce(u.memo, ''),
        b.posted + sum(u.debit - u.credit) OVER w,
        b.version + row_number() OVER w
    FROM unnest(
        p_of, p_places, p_accounts, p_currencies, p_debits, p_credits, v_debits, v_credits, p_rates, p_rate_rows,
        p_contacts, p_dimensions, p_line_memos
    ) WITH ORDINALITY AS u (
        of, place, account, currency, debit, credit, base_debit, base_credit, rate, rate_row, contact, dimensions,
        memo, line
    )
    JOIN @schema@.accounting_account a ON a.id = u.account
    LEFT JOIN @schema@.accounting_accountbalance b
        ON b.account_id = u.account AND b.currency = u.currency AND NOT (a.is_hot AND a.floor = 'none')
    WHERE v_reasons[u.of] IS NULL
    WINDOW w AS (PARTITION BY u.account, u.currency ORDER BY u.line)
    ORDER BY u.line;

    WITH moved AS (
        SELECT u.account, u.currency, p_dates[u.of] AS dated, sum(u.debit) AS debit, sum(u.credit) AS credit,
            sum(u.base_debit) AS base_debit, sum(u.base_credit) AS base_credit, count(*) AS lines
        FROM unnest(p_of, p_accounts, p_currencies, p_debits, p_credits, v_debits, v_credits)
            AS u (of, account, currency, debit, credit, base_debit, base_credit)
        JOIN @schema@.accounting_account a ON a.id = u.account AND NOT (a.is_hot AND a.floor = 'none')
        WHERE v_reasons[u.of] IS NULL GROUP BY 1, 2, 3
    ), totalled AS (
        INSERT INTO @schema@.accounting_daytotal AS t (
            account_id, currency, date, debit, credit, base_debit, base_credit
        )
        SELECT m.account, m.currency, m.dated, m.debit, m.credit, m.base_debit, m.base_credit FROM moved m
        ON CONFLICT (account_id, currency, date) DO UPDATE
        SET debit = t.debit + excluded.debit, credit = t.credit + excluded.credit,
            base_debit = t.base_debit + excluded.base_debit, base_credit = t.base_credit + excluded.base_credit
    )
    UPDATE @schema@.accounting_accountbalance b
    SET posted = b.posted + m.delta, base = b.base + m.base, version = b.version + m.lines
    FROM (
        SELECT o.account, o.currency, sum(o.debit - o.credit) AS delta, sum(o.base_debit - o.base_credit) AS base,
            sum(o.lines)::bigint AS lines
        FROM moved o GROUP BY o.account, o.currency
    ) m WHERE b.account_id = m.account AND b.currency = m.currency;

    -- An account that fell below its floor on the way, however it ended.
    PERFORM FROM @schema@.accounting_journalline l
    JOIN @schema@.accounting_account a ON a.id = l.account_id AND a.floor = 'zero'
    JOIN @schema@.accounting_accountbalance b ON b.account_id = l.account_id AND b.currency = l.currency
    WHERE l.entry_id = ANY (p_entries)
    AND l.balance * CASE a.normal_side WHEN 'debit' THEN 1 ELSE -1 END < b.held;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'LV002', MESSAGE = 'one by one';
    END IF;

    INSERT INTO @schema@.proofs_leaf (fact_id, salt, commitment)
    SELECT s.id, s.salt, sha256('\x01'::bytea || s.salt || convert_to(@schema@.accounting_entry_fact(
        s.id, s.journal, s.dated, v_now, s.series, s.number, s.memo, s.room, s.source, s.happened, p_actor_kind,
        p_actor, NULL, NULL, s.lines
    ), 'UTF8'))
    FROM (
        SELECT u.*, f.lines, uuid_send(gen_random_uuid()) AS salt
        FROM unnest(
            p_entries, p_journals, p_dates, v_series, v_numbers, p_memos, p_rooms, p_sources, p_happened
        ) WITH ORDINALITY AS u (id, journal, dated, series, number, memo, room, source, happened, place)
        JOIN (
            SELECT l.of, string_agg(@schema@.accounting_line_fact(
                l.place, l.account, l.currency, l.debit, l.credit, l.base_debit, l.base_credit, l.rate, l.contact,
                l.dimensions, coalesce(l.memo, '')
            ), ',' ORDER BY l.place) AS lines
            FROM unnest(
                p_of, p_places, p_accounts, p_currencies, p_debits, p_credits, v_debits, v_credits, p_rates,
                p_contacts, p_dimensions, p_line_memos
            ) AS l (of, place, account, currency, debit, credit, base_debit, base_credit, rate, contact, dimensions, memo)
            GROUP BY l.of
        ) f ON f.of = u.place
        WHERE v_reasons[u.place] IS NULL
        OFFSET 0
    ) s;
    INSERT INTO @schema@.events_outboxevent (id, kind, subject_id, payload)
    SELECT u.event, 'accounting.posted', u.id, jsonb_build_object('journal', j.code)
    FROM unnest(p_events, p_entries, p_journals, v_reasons) AS u (event, id, journal, reason)
    JOIN @schema@.accounting_journal j ON j.id = u.journal WHERE u.reason IS NULL;
    PERFORM pg_catalog.set_config('livery.ledger', '', true);

    RETURN QUERY
    SELECT u.place, k.id, k.posted_at, k.number, u.reason IS NOT DISTINCT FROM 'known' AND k.fingerprint = u.fingerprint,
        CASE
            WHEN u.reason <> 'known' THEN u.reason
            WHEN u.reason = 'known' AND k.fingerprint IS DISTINCT FROM u.fingerprint THEN 'key_reused'
        END,
        CASE WHEN u.reason <> 'known' THEN u.facts ELSE json_build_object('entry', k.id)::text END
    FROM unnest(p_keys, p_fingerprints, v_reasons, v_facts) WITH ORDINALITY
        AS u (key, fingerprint, reason, facts, place)
    LEFT JOIN LATERAL (
        SELECT e.id, e.posted_at, e.number, e.fingerprint FROM @schema@.accounting_journalentry e
        WHERE e.idempotency_key = u.key AND (u.reason IS NULL OR u.reason = 'known') OFFSET 0
    ) k ON true
    ORDER BY u.place;
END $function$;
