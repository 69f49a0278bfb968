from tenant_apps.proofs.services.canonical import canonical, commitment

__all__ = ["canonical", "commitment"]
