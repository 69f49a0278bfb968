from django.urls import path

from shared_apps.console import views

app_name = "console"

urlpatterns = [
    path("", views.tenant_list_page, name="tenant_list"),
    path("new/", views.tenant_new_page, name="tenant_new"),
    path("<uuid:tenant_id>/", views.tenant_detail_page, name="tenant_detail"),
    path("<uuid:tenant_id>/<slug:change>/", views.tenant_change_page, name="tenant_change"),
]
