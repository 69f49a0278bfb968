from django.urls import path

from core.web.styleguide import emails, views

app_name = "styleguide"
urlpatterns = [
    path("", views.index, name="index"),
    path("search/", views.search, name="search"),
    path("figures/", views.figures, name="figures"),
    path("dialog/", views.dialog, name="dialog"),
    path("emails/", emails.emails, name="emails"),
    path("emails/<slug:slug>/html/", emails.email_frame, name="email_frame"),
    path("error/<slug:code>/", views.error, name="error"),
    path("<slug:name>/", views.section, name="section"),
]
