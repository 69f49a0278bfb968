-- Adds the lines that hot accounts took without their balance to it, in the order of their ids; returns how many.
CREATE FUNCTION @schema@.accounting_fold(p_limit integer) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $function$
DECLARE
    v_key record;
    v_balance record;
    v_folded bigint := 0;
    v_lines bigint;
BEGIN
    PERFORM pg_catalog.set_config('livery.ledger', 'writing', true);
    FOR v_key IN
        SELECT DISTINCT l.account_id, l.currency COLLATE "C" AS currency
        FROM @schema@.accounting_journalline l WHERE l.version IS NULL ORDER BY 1, 2
    LOOP
        INSERT INTO @schema@.accounting_accountbalance (account_id, currency) VALUES (v_key.account_id, v_key.currency)
        ON CONFLICT DO NOTHING;
        SELECT b.posted, b.version INTO v_balance FROM @schema@.accounting_accountbalance b
        WHERE b.account_id = v_key.account_id AND b.currency = v_key.currency FOR UPDATE;
        WITH tail AS (
            SELECT l.id, l.date, l.debit, l.credit, l.base_debit, l.base_credit,
                row_number() OVER w AS place, sum(l.debit - l.credit) OVER w AS running
            FROM (
                SELECT * FROM @schema@.accounting_journalline t
                WHERE t.account_id = v_key.account_id AND t.currency = v_key.currency AND t.version IS NULL
                ORDER BY t.id LIMIT p_limit
            ) l WINDOW w AS (ORDER BY l.id)
        ), marked AS (
            UPDATE @schema@.accounting_journalline l
            SET version = v_balance.version + t.place, balance = v_balance.posted + t.running
            FROM tail t WHERE l.id = t.id
        ), counted AS (
            INSERT INTO @schema@.accounting_daytotal AS d (
                account_id, currency, date, debit, credit, base_debit, base_credit
            )
            SELECT v_key.account_id, v_key.currency, t.date, sum(t.debit), sum(t.credit), sum(t.base_debit),
                sum(t.base_credit)
            FROM tail t GROUP BY t.date ORDER BY t.date
            ON CONFLICT (account_id, currency, date) DO UPDATE
            SET debit = d.debit + excluded.debit, credit = d.credit + excluded.credit,
                base_debit = d.base_debit + excluded.base_debit, base_credit = d.base_credit + excluded.base_credit
        ), folded AS (
            SELECT count(*) AS lines, sum(t.debit - t.credit) AS moved, sum(t.base_debit - t.base_credit) AS base
            FROM tail t
        )
        UPDATE @schema@.accounting_accountbalance b
        SET posted = b.posted + f.moved, base = b.base + f.base, version = b.version + f.lines
        FROM folded f
        WHERE b.account_id = v_key.account_id AND b.currency = v_key.currency AND f.lines > 0
        RETURNING f.lines INTO v_lines;
        v_folded := v_folded + coalesce(v_lines, 0);
    END LOOP;
    PERFORM pg_catalog.set_config('livery.ledger', '', true);
    RETURN v_folded;
END $function$;

-- Numbers the entries of a journal that took none while posting, up to a day, without a gap; returns how many.
CREATE FUNCTION @schema@.accounting_number(p_journal uuid, p_through date) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER AS $function$
DECLARE
    v_entry record;
    v_series record;
    v_is_yearly boolean;
    v_count bigint := 0;
BEGIN
    PERFORM pg_catalog.set_config('livery.ledger', 'writing', true);
    -- No entry that is being posted may come in between.
    PERFORM @schema@.accounting_await_postings();
    SELECT j.is_yearly INTO v_is_yearly FROM @schema@.accounting_journal j
    WHERE j.id = p_journal AND j.numbering = 'closing';
    FOR v_entry IN
        SELECT e.id, e.date FROM @schema@.accounting_journalentry e
        WHERE v_is_yearly IS NOT NULL AND e.journal_id = p_journal AND e.state <> 'draft' AND e.number IS NULL
        AND e.date <= p_through
        AND NOT EXISTS (SELECT FROM @schema@.accounting_closingnumber n WHERE n.entry_id = e.id)
        ORDER BY e.date, e.posted_at, e.id
    LOOP
        SELECT s.id, s.last INTO v_series FROM @schema@.accounting_series(p_journal, v_is_yearly, v_entry.date) s;
        INSERT INTO @schema@.accounting_closingnumber (entry_id, series_id, number)
        VALUES (v_entry.id, v_series.id, v_series.last + 1);
        UPDATE @schema@.accounting_numberseries s SET last = v_series.last + 1 WHERE s.id = v_series.id;
        v_count := v_count + 1;
    END LOOP;
    PERFORM pg_catalog.set_config('livery.ledger', '', true);
    RETURN v_count;
END $function$;
