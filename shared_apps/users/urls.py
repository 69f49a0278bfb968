from django.urls import path

from shared_apps.users.views import api_keys, people, profile, registration

app_name = "users"

urlpatterns = [
    path("", people.person_list, name="person_list"),
    path("invitations/", people.invitation_page, name="invitation_page"),
    path("invitations/<uuid:invitation_id>/revoke/", people.invitation_revoke_page, name="invitation_revoke"),
    path("join/", registration.invitation_accept_page, name="invitation_accept"),
    path("account/", profile.account, name="account"),
    path("account/sessions/", profile.session_list, name="session_list"),
    path("account/sessions/<uuid:device_id>/end/", profile.session_end, name="session_end"),
    path("account/sign-out-everywhere/", profile.everywhere, name="sign_out_everywhere"),
    path("api-keys/", api_keys.api_key_page, name="api_key_list"),
    path("api-keys/new/", api_keys.api_key_new, name="api_key_new"),
    path("api-keys/<uuid:key_id>/revoke/", api_keys.api_key_revoke_page, name="api_key_revoke"),
    path("<uuid:user_id>/", people.person_detail, name="person_detail"),
    path("<uuid:user_id>/roles/", people.person_roles, name="person_roles"),
    path("<uuid:user_id>/disable/", people.person_disable, name="person_disable"),
    path("<uuid:user_id>/enable/", people.person_enable, name="person_enable"),
]
