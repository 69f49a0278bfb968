from core.permissions import check
from shared_apps.users.actors import person_actor
from shared_apps.users.models import ApiKey, User
from tests.support.factories.users import make_api_key, make_user


def test_a_key_is_its_owner_s_and_an_administrator_s(ada: User, bob: User) -> None:
    carl = make_user("carl@example.org", roles=["accountant"])
    own, other = (ApiKey.objects.get(pk=make_api_key(user).id) for user in (carl, ada))
    for action in ("api_keys.view", "api_keys.revoke"):
        assert check(action, person_actor(carl))
        assert check(action, person_actor(carl), own)
        assert check(action, person_actor(ada), own)
        assert "belongs to somebody else" in check(action, person_actor(carl), other).reason
        assert "does not include API keys" in check(action, person_actor(bob), own).reason


def test_people_are_managed_by_those_who_may_do_as_much(ada: User, bob: User) -> None:
    firm = make_user("firm@example.org", roles=["firm_admin"])
    for action in ("users.disable", "users.change_role", "users.sign_out"):
        assert check(action, person_actor(firm))
        assert check(action, person_actor(firm), bob)
        assert check(action, person_actor(ada), firm)
        assert "may do more than you" in check(action, person_actor(firm), ada).reason
        assert "does not allow you to manage people" in check(action, person_actor(bob), bob).reason
