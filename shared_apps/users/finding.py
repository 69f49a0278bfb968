from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse

from core.actor import Actor
from core.web.search import Hit
from shared_apps.users.models import User
from shared_apps.users.selectors import api_key_list, role_list


def people_found(actor: Actor, text: str, limit: int) -> list[Hit]:
    """People by name or address."""
    found = User.objects.filter(Q(name__icontains=text) | Q(email__icontains=text)).order_by("name", "id")[:limit]
    return [Hit(str(person), reverse("users:person_detail", args=[person.pk]), person.email) for person in found]


def roles_found(actor: Actor, text: str, limit: int) -> list[Hit]:
    """Roles by name."""
    found = role_list().filter(name__icontains=text)[:limit]
    return [Hit(role.name, reverse("users:role_detail", args=[role.pk])) for role in found]


def keys_found(actor: Actor, text: str, limit: int) -> list[Hit]:
    """API keys by name, of those that the actor may see."""
    keys = reverse("users:api_key_list")
    found = api_key_list(actor).filter(name__icontains=text)[:limit]
    return [Hit(key.name, f"{keys}?{urlencode({'q': key.name})}", key.owner) for key in found]
