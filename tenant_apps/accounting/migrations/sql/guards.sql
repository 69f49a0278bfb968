-- The books are written by the ledger's own functions and by nothing else: not by the ORM, raw SQL or COPY, and not by
-- the owner's hand. The functions run as the owner and say so in livery.ledger until they return. The application's
-- role may not write the tables; where it may, for drafts, it is not believed when it says the same.
CREATE FUNCTION @schema@.accounting_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    -- Asked here and not in a WHEN clause, which PostgreSQL would make ready anew for every statement.
    IF current_setting('livery.ledger', true) = 'writing' AND current_user <> '@schema@' AND TG_LEVEL = 'ROW' THEN
        IF TG_OP = 'DELETE' THEN
            RETURN OLD;
        END IF;
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is written by the ledger alone: % refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'restrict_violation', HINT = 'Post an entry, or reverse one.';
END $function$;

-- Drafts are anybody's who may write the table; what is posted is the ledger's.
CREATE FUNCTION @schema@.accounting_refuse_posted() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    IF current_setting('livery.ledger', true) = 'writing' AND current_user <> '@schema@' THEN
        NULL;
    ELSIF TG_OP <> 'INSERT' AND OLD.state <> 'draft' OR TG_OP <> 'DELETE' AND NEW.state <> 'draft' THEN
        RAISE EXCEPTION '% is written by the ledger alone: % of a posted entry refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation', HINT = 'Post an entry, or reverse one.';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $function$;

CREATE TRIGGER accounting_journalentry_by_the_ledger
BEFORE INSERT OR UPDATE OR DELETE ON @schema@.accounting_journalentry
FOR EACH ROW EXECUTE FUNCTION @schema@.accounting_refuse_posted();

DO $each$
DECLARE
    one text;
BEGIN
    FOREACH one IN ARRAY ARRAY[
        'journalline', 'accountbalance', 'daytotal', 'numberseries', 'closingnumber', 'hold', 'holdending'
    ] LOOP
        EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON @schema@.accounting_%s FROM @schema@', one);
        EXECUTE format(
            'CREATE TRIGGER accounting_%1$s_by_the_ledger BEFORE INSERT OR UPDATE OR DELETE ON @schema@.accounting_%1$s'
            ' FOR EACH ROW EXECUTE FUNCTION @schema@.accounting_refuse_change()', one
        );
    END LOOP;
    FOREACH one IN ARRAY ARRAY[
        'journalentry', 'journalline', 'accountbalance', 'daytotal', 'numberseries', 'closingnumber', 'hold',
        'holdending', 'periodlock', 'account', 'ledgersettings'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER accounting_%1$s_not_emptied BEFORE TRUNCATE ON @schema@.accounting_%1$s'
            ' FOR EACH STATEMENT EXECUTE FUNCTION @schema@.accounting_refuse_change()', one
        );
    END LOOP;
END $each$;

-- The second lock on the balance, at commit. The first one is in the function that posts.
CREATE FUNCTION @schema@.accounting_entry_balances() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $function$
DECLARE
    v_count bigint;
    v_base numeric;
    v_open text;
BEGIN
    IF NEW.state = 'draft' THEN
        RETURN NULL;
    END IF;
    SELECT sum(s.lines), sum(s.base), string_agg(s.currency, ', ') FILTER (WHERE s.rest <> 0)
    INTO v_count, v_base, v_open
    FROM (
        SELECT l.currency, count(*) AS lines, sum(l.debit - l.credit) AS rest, sum(l.base_debit - l.base_credit) AS base
        FROM @schema@.accounting_journalline l WHERE l.entry_id = NEW.id GROUP BY l.currency
    ) s;
    IF v_count IS NULL OR v_count < 2 OR v_base <> 0 OR v_open IS NOT NULL THEN
        RAISE EXCEPTION 'Entry % does not balance: % lines, base %, open in %', NEW.id, v_count, v_base, v_open
        USING ERRCODE = 'check_violation', CONSTRAINT = 'accounting_entry_balances';
    END IF;
    RETURN NULL;
END $function$;

CREATE CONSTRAINT TRIGGER accounting_entry_balances AFTER INSERT OR UPDATE ON @schema@.accounting_journalentry
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
EXECUTE FUNCTION @schema@.accounting_entry_balances();

-- Postings hold this lock shared until they commit, so what decides about them does not change under their hands.
CREATE FUNCTION @schema@.accounting_await_postings() RETURNS void LANGUAGE sql AS $function$
    SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('@schema@ ledger', 0))
$function$;

-- A soft lock moves both ways, the hard one only forward.
CREATE FUNCTION @schema@.accounting_lock_guard() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    PERFORM @schema@.accounting_await_postings();
    IF TG_OP <> 'INSERT' AND OLD.area = 'hard' AND (
        TG_OP = 'DELETE' OR NEW.area <> 'hard' OR NEW.through < OLD.through
    ) THEN
        RAISE EXCEPTION 'The books are closed for good through %', OLD.through
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'accounting_hard_lock';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    -- From here on nothing dated up to `through` is posted; what was posted before is older.
    NEW.changed_at := clock_timestamp();
    RETURN NEW;
END $function$;

CREATE TRIGGER accounting_periodlock_guard BEFORE INSERT OR UPDATE OR DELETE ON @schema@.accounting_periodlock
FOR EACH ROW EXECUTE FUNCTION @schema@.accounting_lock_guard();

-- What an account's lines mean stays as it was when they were written.
CREATE FUNCTION @schema@.accounting_account_guard() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    PERFORM @schema@.accounting_await_postings();
    IF (NEW.type, NEW.normal_side) <> (OLD.type, OLD.normal_side) OR NEW.is_group OR (
        NEW.currency <> '' AND NEW.currency <> OLD.currency
    ) THEN
        IF EXISTS (SELECT FROM @schema@.accounting_journalline l WHERE l.account_id = OLD.id AND (
            (NEW.type, NEW.normal_side) <> (OLD.type, OLD.normal_side) OR NEW.is_group OR l.currency <> NEW.currency
        )) THEN
            RAISE EXCEPTION 'Account % has lines that do not fit the change', OLD.code
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'accounting_account_in_use';
        END IF;
    END IF;
    IF NEW.floor = 'zero' AND OLD.floor <> 'zero' AND EXISTS (
        SELECT FROM (
            SELECT b.currency, b.posted, b.held FROM @schema@.accounting_accountbalance b WHERE b.account_id = OLD.id
            UNION ALL
            SELECT l.currency, l.debit - l.credit, 0 FROM @schema@.accounting_journalline l
            WHERE l.account_id = OLD.id AND l.version IS NULL
        ) o
        GROUP BY o.currency
        HAVING sum(o.posted) * CASE NEW.normal_side WHEN 'debit' THEN 1 ELSE -1 END < sum(o.held)
    ) THEN
        RAISE EXCEPTION 'Account % is below zero already', OLD.code
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'accounting_account_below_floor';
    END IF;
    RETURN NEW;
END $function$;

CREATE TRIGGER accounting_account_guard BEFORE UPDATE ON @schema@.accounting_account
FOR EACH ROW EXECUTE FUNCTION @schema@.accounting_account_guard();

-- The currency of the books is chosen before the first line.
CREATE FUNCTION @schema@.accounting_settings_guard() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    PERFORM @schema@.accounting_await_postings();
    IF (TG_OP = 'DELETE' OR (NEW.base_currency, NEW.base_exponent) <> (OLD.base_currency, OLD.base_exponent))
        AND EXISTS (SELECT FROM @schema@.accounting_journalline)
    THEN
        RAISE EXCEPTION 'The books are kept in % already', OLD.base_currency
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'accounting_base_currency';
    END IF;
    RETURN coalesce(NEW, OLD);
END $function$;

CREATE TRIGGER accounting_settings_guard BEFORE UPDATE OR DELETE ON @schema@.accounting_ledgersettings
FOR EACH ROW EXECUTE FUNCTION @schema@.accounting_settings_guard();

CREATE FUNCTION @schema@.accounting_journal_guard() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    PERFORM @schema@.accounting_await_postings();
    RETURN NEW;
END $function$;

CREATE TRIGGER accounting_journal_guard BEFORE UPDATE ON @schema@.accounting_journal
FOR EACH ROW EXECUTE FUNCTION @schema@.accounting_journal_guard();

-- Written short, as PostgreSQL makes constraints ready anew for every statement that writes. NaN sorts above all numbers.
ALTER TABLE @schema@.accounting_journalline ADD CONSTRAINT accounting_line_one_side CHECK (
    least(debit, credit, base_debit, base_credit) >= 0 AND greatest(debit, credit, base_debit, base_credit) < 1e20
    AND (debit + base_debit) * (credit + base_credit) = 0 AND debit + base_debit + credit + base_credit > 0
);
ALTER TABLE @schema@.accounting_journalentry ADD CONSTRAINT accounting_entry_whole CHECK (
    state IN ('draft', 'posted', 'reversed') AND (state = 'draft') = (posted_at IS NULL)
    AND (posted_at IS NULL) = (idempotency_key IS NULL) AND (series_id IS NULL) = (number IS NULL)
    AND approved_by IS DISTINCT FROM created_by AND (source_room = '') = (source_id = '')
);
ALTER TABLE @schema@.accounting_accountbalance ADD CONSTRAINT accounting_balance_held CHECK (held >= 0);

-- Rows that are written over and over find room on their own page.
ALTER TABLE @schema@.accounting_accountbalance SET (fillfactor = 50);
ALTER TABLE @schema@.accounting_daytotal SET (fillfactor = 70);
ALTER TABLE @schema@.accounting_numberseries SET (fillfactor = 50);
