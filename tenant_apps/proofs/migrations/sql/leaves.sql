-- A leaf is written by the ledger's functions, which run as the owner; the application may only erase its salt.
REVOKE INSERT, UPDATE, DELETE ON @schema@.proofs_leaf FROM @schema@;
GRANT UPDATE (salt) ON @schema@.proofs_leaf TO @schema@;

CREATE FUNCTION @schema@.proofs_leaf_refuse() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.salt IS NULL
        AND (NEW.id, NEW.fact_id, NEW.commitment, NEW.created_at) = (OLD.id, OLD.fact_id, OLD.commitment, OLD.created_at)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $function$;

CREATE TRIGGER proofs_leaf_final BEFORE UPDATE OR DELETE ON @schema@.proofs_leaf
FOR EACH ROW EXECUTE FUNCTION @schema@.proofs_leaf_refuse();

CREATE TRIGGER proofs_leaf_not_emptied BEFORE TRUNCATE ON @schema@.proofs_leaf
FOR EACH STATEMENT EXECUTE FUNCTION @schema@.proofs_leaf_refuse();
