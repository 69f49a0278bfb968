from django.db import migrations, models

import core.clock


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Organisation",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ("legal_name", models.CharField(blank=True, max_length=200, verbose_name="legal name")),
                (
                    "registration_number",
                    models.CharField(blank=True, max_length=60, verbose_name="registration number"),
                ),
                ("tax_id", models.CharField(blank=True, max_length=40, verbose_name="tax id")),
                ("street", models.CharField(blank=True, max_length=300, verbose_name="street")),
                ("district", models.CharField(blank=True, max_length=100, verbose_name="district")),
                ("city", models.CharField(blank=True, max_length=100, verbose_name="city")),
                ("region", models.CharField(blank=True, max_length=100, verbose_name="region")),
                ("postal_code", models.CharField(blank=True, max_length=20, verbose_name="postal code")),
                ("country", models.CharField(blank=True, max_length=2, verbose_name="country")),
                ("email", models.CharField(blank=True, max_length=254, verbose_name="e-mail")),
                ("phone", models.CharField(blank=True, max_length=40, verbose_name="phone")),
                ("currency", models.CharField(max_length=3, verbose_name="base currency")),
                (
                    "fiscal_year_month",
                    models.PositiveSmallIntegerField(default=1, verbose_name="fiscal year begins in"),
                ),
                ("fiscal_year_day", models.PositiveSmallIntegerField(default=1, verbose_name="on day")),
                ("week_start", models.PositiveSmallIntegerField(default=1, verbose_name="the week begins on")),
                ("changed_at", models.DateTimeField(default=core.clock.now, editable=False)),
            ],
            options={
                "verbose_name": "organisation",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="organisation_only_one"),
                    models.CheckConstraint(
                        condition=models.Q(("country__regex", "^([A-Z]{2})?$")), name="organisation_country_code"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("currency__regex", "^[A-Z]{3}$")), name="organisation_currency_code"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("week_start__range", (1, 7))), name="organisation_week_start"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("fiscal_year_day__gte", 1),
                            models.Q(
                                models.Q(("fiscal_year_day__lte", 28), ("fiscal_year_month", 2)),
                                models.Q(("fiscal_year_day__lte", 30), ("fiscal_year_month__in", (4, 6, 9, 11))),
                                models.Q(
                                    ("fiscal_year_day__lte", 31), ("fiscal_year_month__in", (1, 3, 5, 7, 8, 10, 12))
                                ),
                                _connector="OR",
                            ),
                        ),
                        name="organisation_fiscal_year_start",
                    ),
                ],
            },
        ),
    ]
