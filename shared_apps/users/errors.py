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


class InvitationClosed(Conflict):
    """Something was asked for an invitation that was used or taken back."""

    code = "invitation_closed"
    title = "This invitation is closed"
    message = "It was used or taken back already. Invite the person again."


class InvitationsRefused(Unprocessable):
    """Some of several addresses cannot be invited, so nobody was."""

    code = "invitations_refused"
    title = "Some addresses cannot be invited"
    message = "Nobody was invited. Correct the addresses named and send the form again."


class RoleInUse(Conflict):
    """A role was to be deleted that somebody has, or is invited with."""

    code = "role_in_use"
    title = "This role is in use"
    message = "Somebody has this role, or is invited with it. Give them another one first."


class RoleBuiltIn(Conflict):
    """What a built-in role allows is part of the product."""

    code = "role_built_in"
    title = "This role is built in"
    message = "A built-in role stays as it is. Make a copy and change that."


class RoleRefused(Unprocessable):
    """The name or the actions of a role are not valid; the errors name them."""

    code = "role_refused"
    title = "The role is not valid"


class OwnSecondFactor(Conflict):
    """Somebody tried to reset their own second factor as if it were another's."""

    code = "own_second_factor"
    title = "This is your own second factor"
    message = "Remove it under your account, where you prove that it is you."


class NoSecondFactor(Conflict):
    """There is nothing to reset."""

    code = "no_second_factor"
    title = "There is no second factor"
    message = "This person signs in with a password alone already."


class PolicyRefused(Unprocessable):
    """What was to be demanded of people is not possible; the errors say why."""

    code = "policy_refused"
    title = "The sign-in policy is not valid"


class PersonInactive(Conflict):
    """Something was asked for a person who is disabled."""

    code = "person_inactive"
    title = "This person is disabled"
    message = "Enable the person first."


class PasswordRefused(Unprocessable):
    """The password is too easy to guess; the errors say why."""

    code = "password_refused"
    title = "Choose another password"


class KeyEnded(Conflict):
    """A key that no longer works was to be replaced."""

    code = "key_ended"
    title = "This key no longer works"
    message = "Only a key that works can be replaced. Make a new one."


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
