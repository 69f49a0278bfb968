from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2Hasher(Argon2PasswordHasher):
    """Argon2id at the first of the settings that OWASP's Password Storage Cheat Sheet holds to be equally strong.

    Django's own take 100 MB for each sign-in, which a flood of wrong passwords would turn against us.
    """

    time_cost = 2
    memory_cost = 19_456
    parallelism = 1
