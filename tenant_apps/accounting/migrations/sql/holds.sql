-- Keeps an amount of an account for something to come; it counts against the floor from now on.
CREATE FUNCTION @schema@.accounting_hold_place(
    p_hold uuid, p_account uuid, p_currency text, p_amount numeric, p_expires_at timestamptz, p_reason text,
    p_room text, p_source text, p_actor_kind text, p_actor text, p_key text, p_fingerprint bytea,
    OUT hold uuid, OUT is_replay boolean, OUT posted numeric, OUT held numeric, OUT version bigint
) LANGUAGE plpgsql SECURITY DEFINER AS $function$
DECLARE
    v_account record;
    v_known record;
    v_sign integer;
BEGIN
    PERFORM pg_catalog.set_config('livery.ledger', 'writing', true);
    PERFORM pg_catalog.pg_advisory_xact_lock_shared(pg_catalog.hashtextextended('@schema@ ledger', 0));
    SELECT a.code, a.is_active, a.is_group, a.is_hot, a.floor, a.currency, a.normal_side, a.control_room
    INTO v_account FROM @schema@.accounting_account a WHERE a.id = p_account;
    IF NOT FOUND THEN
        PERFORM @schema@.accounting_refuse('unknown_account', json_build_object('account', p_account));
    END IF;
    v_sign := CASE v_account.normal_side WHEN 'debit' THEN 1 ELSE -1 END;
    INSERT INTO @schema@.accounting_hold (
        id, account_id, currency, amount, expires_at, reason, source_room, source_id, created_by_kind, created_by,
        idempotency_key, fingerprint
    ) VALUES (
        p_hold, p_account, p_currency, p_amount, p_expires_at, p_reason, p_room, p_source, p_actor_kind, p_actor,
        p_key, p_fingerprint
    ) ON CONFLICT (idempotency_key) DO NOTHING;
    is_replay := NOT FOUND;
    IF is_replay THEN
        SELECT h.id, h.fingerprint INTO v_known FROM @schema@.accounting_hold h WHERE h.idempotency_key = p_key;
        IF v_known.fingerprint <> p_fingerprint THEN
            PERFORM @schema@.accounting_refuse('key_reused', json_build_object('hold', v_known.id));
        END IF;
        hold := v_known.id;
        SELECT v_sign * b.posted, b.held, b.version INTO posted, held, version FROM @schema@.accounting_accountbalance b
        WHERE b.account_id = p_account AND b.currency = p_currency;
        RETURN;
    END IF;
    hold := p_hold;
    IF NOT v_account.is_active OR v_account.is_group OR v_account.is_hot AND v_account.floor = 'none' THEN
        PERFORM @schema@.accounting_refuse('account_takes_nothing', json_build_object(
            'account', v_account.code, 'is_group', v_account.is_group
        ));
    END IF;
    IF v_account.control_room <> '' AND v_account.control_room <> p_room THEN
        PERFORM @schema@.accounting_refuse('control_account', json_build_object(
            'account', v_account.code, 'room', v_account.control_room
        ));
    END IF;
    IF v_account.currency <> '' AND v_account.currency <> p_currency THEN
        PERFORM @schema@.accounting_refuse('account_currency', json_build_object(
            'account', v_account.code, 'takes', v_account.currency, 'currency', p_currency
        ));
    END IF;
    INSERT INTO @schema@.accounting_accountbalance AS b (account_id, currency, held)
    VALUES (p_account, p_currency, p_amount)
    ON CONFLICT (account_id, currency) DO UPDATE SET held = b.held + excluded.held
    RETURNING v_sign * b.posted, b.held, b.version INTO posted, held, version;
    IF v_account.floor = 'zero' AND posted < held THEN
        PERFORM @schema@.accounting_refuse('floor_reached', json_build_object(
            'account', v_account.code, 'currency', p_currency, 'available', posted - held + p_amount
        ));
    END IF;
    PERFORM pg_catalog.set_config('livery.ledger', '', true);
END $function$;

-- Gives up a hold without taking its amount; posting with it captures it instead. It ends once.
CREATE FUNCTION @schema@.accounting_hold_end(
    p_hold uuid, p_kind text, p_actor_kind text, p_actor text, OUT posted numeric, OUT held numeric, OUT version bigint
) LANGUAGE plpgsql SECURITY DEFINER AS $function$
DECLARE
    v_hold record;
BEGIN
    PERFORM pg_catalog.set_config('livery.ledger', 'writing', true);
    SELECT h.account_id, h.currency, h.amount, h.expires_at, CASE a.normal_side WHEN 'debit' THEN 1 ELSE -1 END AS sign
    INTO v_hold
    FROM @schema@.accounting_hold h JOIN @schema@.accounting_account a ON a.id = h.account_id WHERE h.id = p_hold;
    IF NOT FOUND THEN
        PERFORM @schema@.accounting_refuse('unknown_hold', json_build_object('hold', p_hold));
    END IF;
    IF p_kind NOT IN ('voided', 'expired') OR p_kind = 'expired' AND (v_hold.expires_at <= now()) IS NOT TRUE THEN
        PERFORM @schema@.accounting_refuse('hold_runs', json_build_object('hold', p_hold));
    END IF;
    INSERT INTO @schema@.accounting_holdending (hold_id, kind, ended_by_kind, ended_by)
    VALUES (p_hold, p_kind, p_actor_kind, p_actor) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        PERFORM @schema@.accounting_refuse('hold_ended', json_build_object('hold', p_hold));
    END IF;
    UPDATE @schema@.accounting_accountbalance b SET held = b.held - v_hold.amount
    WHERE b.account_id = v_hold.account_id AND b.currency = v_hold.currency
    RETURNING v_hold.sign * b.posted, b.held, b.version INTO posted, held, version;
    PERFORM pg_catalog.set_config('livery.ledger', '', true);
END $function$;
