from core.errors import Conflict, LiveryError, PermissionRefused, Unprocessable


class EmailTaken(Conflict):
    """Somebody has this e-mail address here."""

    code = "email_taken"
    title = "This e-mail address is in use"
    message = "Somebody with this e-mail address is here already."


class AlreadyInvited(Conflict):
    """Somebody else has invited the same address in this moment."""

    code = "already_invited"
    title = "This address was invited just now"
    message = "Somebody has just invited this address. Look at the list of invitations."


class LastAdministrator(Conflict):
    """Without this person nobody could manage people any more."""

    code = "last_administrator"
    title = "Somebody must stay administrator"
    message = "This is the last active administrator. Make somebody else administrator first."


class RoleBeyondOwn(PermissionRefused):
    """Somebody tried to give a role that allows more than they may do themselves."""

    code = "role_beyond_own"
    message = "This role allows more than you may do yourself. Ask an administrator."


class RegistrationClosed(PermissionRefused):
    """People come in by invitation only."""

    code = "registration_closed"
    title = "Registration is closed"
    message = "Ask an administrator of the organisation to invite you."


class InvitationUnusable(LiveryError):
    """The link was used, revoked, has expired, or never was one."""

    status = 410
    code = "invitation_unusable"
    title = "This invitation cannot be used"
    message = "It was used or taken back, or it has expired. Ask whoever invited you for a new one."


class PersonInactive(Conflict):
    """Something was asked for a person who is disabled."""

    code = "person_inactive"
    title = "This person is disabled"
    message = "Enable the person first."


class PasswordRefused(Unprocessable):
    """The password is too easy to guess; the errors say why."""

    code = "password_refused"
    title = "Choose another password"


class ScopeRefused(Unprocessable):
    """A key was asked to do something that does not exist, or that its maker may not do."""

    code = "scope_refused"
    title = "A scope cannot be given"


class HandOverRefused(LiveryError):
    """What should have signed a new administrator in was used, is too old, or is not for this organisation."""

    status = 410
    code = "hand_over_refused"
    title = "Sign in with your password"
    message = "This way in works once, for a minute, right after the organisation was set up."
