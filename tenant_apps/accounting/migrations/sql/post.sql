-- A refusal that the service turns into an error with a name: its code, and the facts as JSON.
CREATE FUNCTION @schema@.accounting_refuse(reason text, facts json) RETURNS void LANGUAGE plpgsql AS $function$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'LV001', MESSAGE = reason, DETAIL = facts::text;
END $function$;

-- Raises unless a day takes entries of an area; `who` may hold an exception from a soft lock.
CREATE FUNCTION @schema@.accounting_require_open(dated date, area text, who text) RETURNS void
LANGUAGE plpgsql AS $function$
DECLARE
    v_lock record;
BEGIN
    FOR v_lock IN
        SELECT l.area, l.through FROM @schema@.accounting_periodlock l
        WHERE l.through >= dated AND l.area IN ('hard', 'all', $2)
        ORDER BY l.area = 'hard' DESC, l.through DESC
    LOOP
        IF v_lock.area = 'hard' OR NOT EXISTS (
            SELECT FROM @schema@.accounting_lockexception e
            WHERE e.person = who AND who <> '' AND e.area IN ('all', v_lock.area) AND e.revoked_at IS NULL
            AND e.expires_at > now() AND dated BETWEEN e.starts_on AND e.ends_on
        ) THEN
            PERFORM @schema@.accounting_refuse('period_closed', json_build_object(
                'area', v_lock.area, 'through', v_lock.through, 'date', dated
            ));
        END IF;
    END LOOP;
END $function$;

-- The row of a journal's series for a day, locked; numbers are taken from it in the same transaction.
CREATE FUNCTION @schema@.accounting_series(journal uuid, is_yearly boolean, dated date, OUT id bigint, OUT last bigint)
LANGUAGE plpgsql AS $function$
DECLARE
    v_year integer := 0;
BEGIN
    IF is_yearly THEN
        SELECT extract(year FROM f.ends_on) INTO v_year FROM @schema@.accounting_fiscalyear f
        WHERE dated BETWEEN f.starts_on AND f.ends_on;
        v_year := coalesce(v_year, extract(year FROM dated));
    END IF;
    LOOP
        SELECT s.id, s.last INTO accounting_series.id, accounting_series.last FROM @schema@.accounting_numberseries s
        WHERE s.journal_id = journal AND s.year = v_year FOR UPDATE;
        EXIT WHEN FOUND;
        INSERT INTO @schema@.accounting_numberseries (journal_id, year) VALUES (journal, v_year) ON CONFLICT DO NOTHING;
    END LOOP;
END $function$;

-- Posts one entry: the only way into the books but for its twin for many. Lines come in the order of account and
-- currency, which is the order of all locks; `p_places` says where each stands in the entry.
CREATE FUNCTION @schema@.accounting_post(
    p_entry uuid, p_event uuid, p_journal uuid, p_date date, p_memo text, p_key text, p_fingerprint bytea,
    p_actor_kind text, p_actor text,
    p_places integer[], p_accounts uuid[], p_currencies text[], p_debits numeric[], p_credits numeric[],
    p_base_debits numeric[] DEFAULT NULL, p_base_credits numeric[] DEFAULT NULL,
    p_rates numeric[] DEFAULT NULL, p_rate_rows bigint[] DEFAULT NULL, p_contacts uuid[] DEFAULT NULL,
    p_dimensions bigint[] DEFAULT NULL, p_memos text[] DEFAULT NULL,
    p_room text DEFAULT '', p_source text DEFAULT '', p_happened text DEFAULT '',
    p_reverses uuid DEFAULT NULL, p_hold uuid DEFAULT NULL, p_is_draft boolean DEFAULT false,
    p_expect_versions bigint[] DEFAULT NULL, p_expect_available numeric[] DEFAULT NULL,
    OUT entry uuid, OUT posted_at timestamptz, OUT number bigint, OUT is_replay boolean,
    OUT balances numeric[], OUT versions bigint[]
) LANGUAGE plpgsql SECURITY DEFINER AS $function$
DECLARE
    v_count integer := cardinality(p_accounts);
    v_journal record;
    v_account record;
    v_hold_account uuid;
    v_hold_currency text;
    v_hold_amount numeric;
    v_hold_expires timestamptz;
    v_known record;
    v_series bigint;
    v_last bigint;
    v_approved_by text;
    v_created_by text := p_actor;
    v_created_kind text := p_actor_kind;
    v_posted numeric;
    v_held numeric;
    v_version bigint;
    v_delta numeric;
    v_base_debit numeric;
    v_base_credit numeric;
    v_rate numeric;
    v_is_new boolean;
    v_is_folded boolean;
    v_is_mixed boolean := false;
    v_sign integer;
    v_release numeric;
    v_moved numeric;
    v_sum numeric := 0;
    v_base_sum numeric := 0;
    v_base_total numeric := 0;
    v_base_debits numeric[];
    v_base_credits numeric[];
    v_running numeric[];
    v_facts text[] := '{}';
    v_salt bytea;
    v_ignored text;
BEGIN
    v_ignored := pg_catalog.set_config('livery.ledger', 'writing', true);
    v_is_new := pg_catalog.pg_advisory_xact_lock_shared(pg_catalog.hashtextextended('@schema@ ledger', 0)) IS NULL;
    is_replay := false;
    entry := p_entry;
    posted_at := pg_catalog.clock_timestamp();

    SELECT j.code, j.kind, j.is_active, j.numbering, j.is_yearly, s.base_currency, s.base_exponent, (
        SELECT min(r.from_amount) FROM @schema@.accounting_approvalrule r WHERE r.journal_id = j.id
    ) AS approved_from, (
        SELECT max(l.through) FROM @schema@.accounting_periodlock l
    ) AS locked
    INTO v_journal
    FROM @schema@.accounting_journal j LEFT JOIN @schema@.accounting_ledgersettings s ON true WHERE j.id = p_journal;
    IF NOT FOUND THEN
        PERFORM @schema@.accounting_refuse('unknown_journal', json_build_object('journal', p_journal));
    END IF;

    IF p_is_draft THEN
        SELECT e.id, e.fingerprint INTO v_known FROM @schema@.accounting_journalentry e WHERE e.idempotency_key = p_key;
        is_replay := FOUND;
    END IF;
    IF NOT is_replay AND v_journal.numbering = 'posting' THEN
        SELECT s.id, s.last + 1 INTO v_series, number
        FROM @schema@.accounting_series(p_journal, v_journal.is_yearly, p_date) s;
    END IF;
    IF is_replay THEN
        NULL;
    ELSIF p_is_draft THEN
        UPDATE @schema@.accounting_journalentry e
        SET state = 'posted', posted_at = accounting_post.posted_at, series_id = v_series,
            number = accounting_post.number, idempotency_key = p_key, fingerprint = p_fingerprint
        WHERE e.id = p_entry AND e.state = 'draft'
        RETURNING e.created_by, e.created_by_kind, e.approved_by INTO v_created_by, v_created_kind, v_approved_by;
        IF NOT FOUND THEN
            PERFORM @schema@.accounting_refuse('not_a_draft', json_build_object('entry', p_entry));
        END IF;
    ELSE
        INSERT INTO @schema@.accounting_journalentry (
            id, journal_id, state, series_id, number, date, posted_at, memo, source_room, source_id, source_event,
            created_by_kind, created_by, reverses_id, idempotency_key, fingerprint
        ) VALUES (
            p_entry, p_journal, 'posted', v_series, number, p_date, posted_at, p_memo, p_room, p_source, p_happened,
            p_actor_kind, p_actor, p_reverses, p_key, p_fingerprint
        ) ON CONFLICT (idempotency_key) DO NOTHING;
        is_replay := NOT FOUND;
    END IF;

    IF is_replay THEN
        SELECT e.id, e.posted_at, e.number, e.fingerprint INTO v_known
        FROM @schema@.accounting_journalentry e WHERE e.idempotency_key = p_key;
        IF v_known.fingerprint <> p_fingerprint THEN
            PERFORM @schema@.accounting_refuse('key_reused', json_build_object('entry', v_known.id));
        END IF;
        entry := v_known.id;
        posted_at := v_known.posted_at;
        number := v_known.number;
        SELECT array_agg(CASE WHEN o.folded THEN NULL ELSE o.sign * o.balance END ORDER BY o.account_id, o.currency, o.place),
            array_agg(CASE WHEN o.folded THEN NULL ELSE o.version END ORDER BY o.account_id, o.currency, o.place)
        INTO balances, versions
        FROM (
            SELECT l.account_id, l.currency COLLATE "C" AS currency, l.position AS place, l.balance, l.version,
                a.is_hot AND a.floor = 'none' AS folded, CASE a.normal_side WHEN 'debit' THEN 1 ELSE -1 END AS sign
            FROM @schema@.accounting_journalline l JOIN @schema@.accounting_account a ON a.id = l.account_id
            WHERE l.entry_id = entry
        ) o;
        RETURN;
    END IF;

    IF v_journal.base_currency IS NULL THEN
        PERFORM @schema@.accounting_refuse('books_not_open', '{}');
    END IF;
    IF NOT v_journal.is_active THEN
        PERFORM @schema@.accounting_refuse('journal_inactive', json_build_object('journal', v_journal.code));
    END IF;
    IF v_journal.locked >= p_date THEN
        PERFORM @schema@.accounting_require_open(p_date, v_journal.kind, p_actor);
    END IF;
    IF v_series IS NOT NULL THEN
        UPDATE @schema@.accounting_numberseries s SET last = accounting_post.number WHERE s.id = v_series;
    END IF;
    IF p_reverses IS NOT NULL THEN
        UPDATE @schema@.accounting_journalentry e SET state = 'reversed' WHERE e.id = p_reverses AND e.state = 'posted';
        IF NOT FOUND THEN
            PERFORM @schema@.accounting_refuse('already_reversed', json_build_object('entry', p_reverses));
        END IF;
    END IF;
    IF p_hold IS NOT NULL THEN
        SELECT h.account_id, h.currency, h.amount, h.expires_at
        INTO v_hold_account, v_hold_currency, v_hold_amount, v_hold_expires
        FROM @schema@.accounting_hold h WHERE h.id = p_hold;
        IF NOT FOUND THEN
            PERFORM @schema@.accounting_refuse('unknown_hold', json_build_object('hold', p_hold));
        END IF;
        INSERT INTO @schema@.accounting_holdending (hold_id, kind, entry_id, ended_by_kind, ended_by)
        VALUES (p_hold, 'captured', p_entry, p_actor_kind, p_actor) ON CONFLICT DO NOTHING;
        IF NOT FOUND OR v_hold_expires <= posted_at THEN
            PERFORM @schema@.accounting_refuse('hold_ended', json_build_object('hold', p_hold));
        END IF;
    END IF;

    FOR i IN 1..v_count LOOP
        v_is_new := i = 1 OR p_accounts[i] <> p_accounts[i - 1];
        IF v_is_new THEN
            SELECT a.code, a.is_active, a.is_group, a.currency, a.control_room, a.floor, a.is_hot, a.normal_side,
                a.sub_type
            INTO v_account FROM @schema@.accounting_account a WHERE a.id = p_accounts[i];
            IF NOT FOUND THEN
                PERFORM @schema@.accounting_refuse('unknown_account', json_build_object('account', p_accounts[i]));
            END IF;
            IF NOT v_account.is_active OR v_account.is_group THEN
                PERFORM @schema@.accounting_refuse('account_takes_nothing', json_build_object(
                    'account', v_account.code, 'is_group', v_account.is_group
                ));
            END IF;
            IF v_account.control_room <> '' AND v_account.control_room <> p_room THEN
                PERFORM @schema@.accounting_refuse('control_account', json_build_object(
                    'account', v_account.code, 'room', v_account.control_room
                ));
            END IF;
            IF v_account.sub_type = 'tax' AND v_journal.locked >= p_date THEN
                PERFORM @schema@.accounting_require_open(p_date, 'tax', p_actor);
            END IF;
            v_sign := CASE v_account.normal_side WHEN 'debit' THEN 1 ELSE -1 END;
            v_is_folded := v_account.is_hot AND v_account.floor = 'none';
            IF i > 1 AND p_accounts[i] < p_accounts[i - 1] THEN
                PERFORM @schema@.accounting_refuse('lines_unordered', '{}');
            END IF;
        END IF;
        v_is_new := v_is_new OR p_currencies[i] <> p_currencies[i - 1];
        IF v_is_new THEN
            v_moved := 0;
            v_release := 0;
            IF v_account.currency <> '' AND v_account.currency <> p_currencies[i] THEN
                PERFORM @schema@.accounting_refuse('account_currency', json_build_object(
                    'account', v_account.code, 'takes', v_account.currency, 'currency', p_currencies[i]
                ));
            END IF;
            IF v_hold_account = p_accounts[i] AND v_hold_currency = p_currencies[i] THEN
                v_release := v_hold_amount;
            END IF;
        END IF;
        v_delta := p_debits[i] - p_credits[i];
        v_rate := p_rates[i];
        IF p_currencies[i] = v_journal.base_currency THEN
            v_base_debit := p_debits[i];
            v_base_credit := p_credits[i];
        ELSIF p_base_debits[i] IS NOT NULL THEN
            v_base_debit := p_base_debits[i];
            v_base_credit := p_base_credits[i];
        ELSIF v_rate IS NOT NULL THEN
            v_base_debit := round(p_debits[i] * v_rate, v_journal.base_exponent);
            v_base_credit := round(p_credits[i] * v_rate, v_journal.base_exponent);
        ELSE
            PERFORM @schema@.accounting_refuse('rate_missing', json_build_object(
                'currency', p_currencies[i], 'base', v_journal.base_currency
            ));
        END IF;
        v_sum := v_sum + v_delta;
        v_base_sum := v_base_sum + v_base_debit - v_base_credit;
        v_base_total := v_base_total + v_base_debit;
        v_is_mixed := v_is_mixed OR p_currencies[i] <> p_currencies[1];

        IF v_is_folded THEN
            v_posted := NULL;
            v_version := NULL;
        ELSE
            LOOP
                UPDATE @schema@.accounting_accountbalance b
                SET posted = b.posted + v_delta, base = b.base + v_base_debit - v_base_credit,
                    held = b.held - v_release, version = b.version + 1
                WHERE b.account_id = p_accounts[i] AND b.currency = p_currencies[i]
                RETURNING b.posted, b.held, b.version INTO v_posted, v_held, v_version;
                EXIT WHEN FOUND;
                INSERT INTO @schema@.accounting_accountbalance (account_id, currency)
                VALUES (p_accounts[i], p_currencies[i]) ON CONFLICT DO NOTHING;
            END LOOP;
            IF v_is_new AND p_expect_versions[i] <> v_version - 1
                OR v_is_new AND p_expect_available[i] > v_sign * (v_posted - v_delta) - v_held - v_release
            THEN
                PERFORM @schema@.accounting_refuse('precondition_failed', json_build_object(
                    'account', p_accounts[i], 'code', v_account.code, 'currency', p_currencies[i],
                    'version', v_version - 1, 'posted', v_sign * (v_posted - v_delta), 'held', v_held + v_release
                ));
            END IF;
            v_moved := v_moved + v_sign * v_delta;
            IF v_account.floor = 'zero' AND v_moved < 0 AND v_sign * v_posted < v_held
                AND (i = v_count OR p_accounts[i + 1] <> p_accounts[i] OR p_currencies[i + 1] <> p_currencies[i])
            THEN
                PERFORM @schema@.accounting_refuse('floor_reached', json_build_object(
                    'account', v_account.code, 'currency', p_currencies[i],
                    'available', v_sign * v_posted - v_held - v_moved
                ));
            END IF;
            IF v_hold_account = p_accounts[i] AND v_hold_currency = p_currencies[i] THEN
                v_release := 0;
                IF -v_moved > v_hold_amount THEN
                    PERFORM @schema@.accounting_refuse('hold_too_small', json_build_object(
                        'amount', v_hold_amount, 'currency', v_hold_currency
                    ));
                END IF;
                v_hold_account := NULL;
            END IF;
            INSERT INTO @schema@.accounting_daytotal AS t (
                account_id, currency, date, debit, credit, base_debit, base_credit
            ) VALUES (
                p_accounts[i], p_currencies[i], p_date, p_debits[i], p_credits[i], v_base_debit, v_base_credit
            ) ON CONFLICT (account_id, currency, date) DO UPDATE
            SET debit = t.debit + excluded.debit, credit = t.credit + excluded.credit,
                base_debit = t.base_debit + excluded.base_debit, base_credit = t.base_credit + excluded.base_credit;
        END IF;
        v_base_debits[i] := v_base_debit;
        v_base_credits[i] := v_base_credit;
        v_running[i] := v_posted;
        balances[i] := v_sign * v_posted;
        versions[i] := v_version;
        v_facts[p_places[i]] := @schema@.accounting_line_fact(
            p_places[i], p_accounts[i], p_currencies[i], p_debits[i], p_credits[i], v_base_debit, v_base_credit, v_rate,
            p_contacts[i], p_dimensions[i], coalesce(p_memos[i], '')
        );
    END LOOP;

    IF v_hold_account IS NOT NULL THEN
        PERFORM @schema@.accounting_refuse('hold_elsewhere', json_build_object('hold', p_hold));
    END IF;
    IF v_count IS NULL OR v_count < 2 OR v_sum <> 0 OR v_base_sum <> 0 OR v_is_mixed AND EXISTS (
        SELECT FROM unnest(p_currencies, p_debits, p_credits) AS u (currency, debit, credit)
        GROUP BY u.currency HAVING sum(u.debit - u.credit) <> 0
    ) THEN
        PERFORM @schema@.accounting_refuse('unbalanced', json_build_object(
            'lines', coalesce(v_count, 0), 'base', v_base_sum, 'currencies', (
                SELECT json_object_agg(o.currency, o.rest) FROM (
                    SELECT u.currency, sum(u.debit - u.credit) AS rest
                    FROM unnest(p_currencies, p_debits, p_credits) AS u (currency, debit, credit) GROUP BY u.currency
                ) o WHERE o.rest <> 0
            )
        ));
    END IF;
    IF p_room = '' AND v_approved_by IS NULL AND p_reverses IS NULL AND v_journal.approved_from <= v_base_total THEN
        PERFORM @schema@.accounting_refuse('approval_needed', json_build_object(
            'journal', v_journal.code, 'from', v_journal.approved_from, 'currency', v_journal.base_currency
        ));
    END IF;

    INSERT INTO @schema@.accounting_journalline (
        entry_id, position, account_id, currency, date, debit, credit, base_debit, base_credit, rate, rate_row_id,
        contact, dimensions_id, memo, balance, version
    )
    SELECT p_entry, u.place, u.account, u.currency, p_date, u.debit, u.credit, u.base_debit, u.base_credit, u.rate,
        u.rate_row, u.contact, u.dimensions, coalesce(u.memo, ''), u.running, u.version
    FROM unnest(
        p_places, p_accounts, p_currencies, p_debits, p_credits, v_base_debits, v_base_credits, p_rates, p_rate_rows,
        p_contacts, p_dimensions, p_memos, v_running, versions
    ) AS u (
        place, account, currency, debit, credit, base_debit, base_credit, rate, rate_row, contact, dimensions, memo,
        running, version
    );
    -- A commitment that tells nothing without its salt: SHA-256 of the version of this scheme, the salt and the fact.
    v_salt := uuid_send(gen_random_uuid());
    INSERT INTO @schema@.proofs_leaf (fact_id, salt, commitment)
    VALUES (p_entry, v_salt, sha256('\x01'::bytea || v_salt || convert_to(@schema@.accounting_entry_fact(
        p_entry, p_journal, p_date, posted_at, v_series, number, p_memo, p_room, p_source, p_happened, v_created_kind,
        v_created_by, v_approved_by, p_reverses, array_to_string(v_facts, ',')
    ), 'UTF8')));
    INSERT INTO @schema@.events_outboxevent (id, kind, subject_id, payload)
    VALUES (p_event, 'accounting.posted', p_entry, jsonb_build_object('journal', v_journal.code));
    v_ignored := pg_catalog.set_config('livery.ledger', '', true);
END $function$;
