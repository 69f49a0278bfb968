from core.web.requests import actor_of, client_address, request_id_of, set_actor

__all__ = ["actor_of", "client_address", "request_id_of", "set_actor"]
