from django.urls import path

from core.web.styleguide import views

app_name = "styleguide"
urlpatterns = [
    path("", views.index, name="index"),
    path("search/", views.search, name="search"),
    path("figures/", views.figures, name="figures"),
    path("dialog/", views.dialog, name="dialog"),
    path("error/<slug:code>/", views.error, name="error"),
    path("<slug:name>/", views.section, name="section"),
]
