from django.urls import path

from shared_apps.users.views import api_keys, invitations, people, profile, registration, roles, security

app_name = "users"

urlpatterns = [
    path("", people.PersonList.as_view(), name="person_list"),
    path("invite/", invitations.Invite.as_view(), name="invite"),
    path("invitations/", invitations.InvitationList.as_view(), name="invitation_page"),
    path("invitations/<uuid:invitation_id>/revoke/", invitations.invitation_revoke_page, name="invitation_revoke"),
    path("invitations/<uuid:invitation_id>/resend/", invitations.invitation_resend_page, name="invitation_resend"),
    path("roles/", roles.RoleList.as_view(), name="role_list"),
    path("roles/new/", roles.RoleNew.as_view(), name="role_new"),
    path("roles/<uuid:role_id>/", roles.RoleDetail.as_view(), name="role_detail"),
    path("roles/<uuid:role_id>/change/", roles.RoleChange.as_view(), name="role_change"),
    path("roles/<uuid:role_id>/delete/", roles.RoleDelete.as_view(), name="role_delete"),
    path("join/", registration.invitation_accept_page, name="invitation_accept"),
    path("account/", profile.account, name="account"),
    path("account/sessions/", profile.session_list, name="session_list"),
    path("account/sessions/<uuid:device_id>/end/", profile.session_end, name="session_end"),
    path("account/sign-ins/", security.OwnSignIns.as_view(), name="own_sign_ins"),
    path("security/", security.Security.as_view(), name="security"),
    path("sign-ins/", security.SignInList.as_view(), name="sign_in_list"),
    path("account/sign-out-everywhere/", profile.everywhere, name="sign_out_everywhere"),
    path("api-keys/", api_keys.ApiKeyList.as_view(), name="api_key_list"),
    path("api-keys/new/", api_keys.api_key_new, name="api_key_new"),
    path("api-keys/<uuid:key_id>/", api_keys.ApiKeyDetail.as_view(), name="api_key_detail"),
    path("api-keys/<uuid:key_id>/rotate/", api_keys.api_key_rotate_page, name="api_key_rotate"),
    path("api-keys/<uuid:key_id>/revoke/", api_keys.api_key_revoke_page, name="api_key_revoke"),
    path("<uuid:user_id>/", people.PersonDetail.as_view(), name="person_detail"),
    path("<uuid:user_id>/roles/", people.PersonRoles.as_view(), name="person_roles"),
    path("<uuid:user_id>/disable/", people.PersonDisable.as_view(), name="person_disable"),
    path("<uuid:user_id>/enable/", people.PersonEnable.as_view(), name="person_enable"),
    path("<uuid:user_id>/sign-out/", people.PersonSignOut.as_view(), name="person_sign_out"),
    path(
        "<uuid:user_id>/reset-second-factor/",
        people.PersonResetSecondFactor.as_view(),
        name="person_reset_second_factor",
    ),
]
