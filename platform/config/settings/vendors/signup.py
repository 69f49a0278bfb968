from config.settings.environment import env

# Whether strangers may make organisations; production closes it unless it is set.
SIGN_UP_OPEN = env.bool("SIGN_UP_OPEN", default=True)
# Where people write who want an organisation while sign-up is closed; empty leaves it out.
PLATFORM_CONTACT = env.str("PLATFORM_CONTACT", default="")
# What a stranger accepts; empty for this installation's own pages.
PLATFORM_TERMS_URL = env.str("PLATFORM_TERMS_URL", default="")
PLATFORM_PRIVACY_URL = env.str("PLATFORM_PRIVACY_URL", default="")
