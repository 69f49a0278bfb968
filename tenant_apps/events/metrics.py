from prometheus_client import Counter

EVENTS = Counter("livery_events", "Attempts to hand events to their subscribers.", ["outcome"])
