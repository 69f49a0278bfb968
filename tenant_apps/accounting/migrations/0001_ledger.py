from decimal import Decimal

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import core.clock
import core.ids
import core.money
import tenant_apps.accounting.models.periods


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="ApprovalRule",
            fields=[
                ("id", models.UUIDField(default=core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("from_amount", core.money.AmountField(decimal_places=8, default=0, max_digits=28)),
                ("role", models.CharField(blank=True, default="", max_length=32)),
            ],
        ),
        migrations.CreateModel(
            name="JournalEntry",
            fields=[
                ("id", models.UUIDField(default=core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "Draft"), ("posted", "Posted"), ("reversed", "Reversed")],
                        default="draft",
                        max_length=8,
                    ),
                ),
                ("number", models.BigIntegerField(null=True)),
                ("date", models.DateField()),
                ("posted_at", models.DateTimeField(null=True)),
                ("memo", models.TextField(blank=True, default="")),
                ("source_room", models.CharField(blank=True, default="", max_length=32)),
                ("source_id", models.CharField(blank=True, default="", max_length=64)),
                ("source_event", models.CharField(blank=True, default="", max_length=64)),
                ("created_by_kind", models.CharField(max_length=16)),
                ("created_by", models.CharField(blank=True, max_length=64)),
                ("approved_by", models.CharField(blank=True, max_length=64, null=True)),
                ("approved_at", models.DateTimeField(blank=True, null=True)),
                ("reverse_on", models.DateField(blank=True, null=True)),
                ("idempotency_key", models.CharField(max_length=255, null=True)),
                ("fingerprint", models.BinaryField(max_length=32, null=True)),
                (
                    "reverses",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversals",
                        to="accounting.journalentry",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "journal entries",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="Hold",
            fields=[
                ("id", models.UUIDField(default=core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("currency", models.CharField(max_length=8)),
                ("amount", core.money.AmountField(decimal_places=8, max_digits=28)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("reason", models.TextField(blank=True, default="")),
                ("source_room", models.CharField(blank=True, default="", max_length=32)),
                ("source_id", models.CharField(blank=True, default="", max_length=64)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=core.clock.now),
                ),
                ("created_by_kind", models.CharField(max_length=16)),
                ("created_by", models.CharField(blank=True, max_length=64)),
                ("idempotency_key", models.CharField(max_length=255)),
                ("fingerprint", models.BinaryField(max_length=32)),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="Journal",
            fields=[
                ("id", models.UUIDField(default=core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=16)),
                ("name", models.CharField(max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("general", "General"),
                            ("sales", "Sales"),
                            ("purchases", "Purchases"),
                            ("bank", "Bank"),
                            ("wallet", "Wallet"),
                            ("inventory", "Inventory"),
                            ("opening", "Opening"),
                            ("closing", "Closing"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "numbering",
                    models.CharField(
                        choices=[
                            ("posting", "Without a gap, when an entry is posted"),
                            ("closing", "Without a gap, when its period closes"),
                        ],
                        default="posting",
                        max_length=8,
                    ),
                ),
                ("is_yearly", models.BooleanField(default=True)),
                ("is_active", models.BooleanField(default=True)),
            ],
            options={
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="JournalLine",
            fields=[
                ("position", models.PositiveSmallIntegerField()),
                ("currency", models.CharField(max_length=8)),
                ("debit", core.money.AmountField(decimal_places=8, default=0, max_digits=28)),
                ("credit", core.money.AmountField(decimal_places=8, default=0, max_digits=28)),
                ("rate", models.DecimalField(blank=True, decimal_places=10, max_digits=20, null=True)),
                ("contact", models.UUIDField(blank=True, null=True)),
                ("memo", models.TextField(blank=True, default="")),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("date", models.DateField()),
                ("base_debit", core.money.AmountField(decimal_places=8, default=0, max_digits=28)),
                ("base_credit", core.money.AmountField(decimal_places=8, default=0, max_digits=28)),
                ("balance", core.money.AmountField(decimal_places=8, max_digits=28, null=True)),
                ("version", models.BigIntegerField(null=True)),
            ],
            options={
                "ordering": ["entry", "position"],
            },
        ),
        migrations.CreateModel(
            name="LedgerSettings",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ("base_currency", models.CharField(max_length=8)),
                ("base_exponent", models.PositiveSmallIntegerField()),
            ],
            options={
                "verbose_name_plural": "ledger settings",
            },
        ),
        migrations.CreateModel(
            name="LockException",
            fields=[
                ("id", models.UUIDField(default=core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "area",
                    models.CharField(
                        choices=[
                            ("sales", "Sales"),
                            ("purchases", "Purchases"),
                            ("tax", "Tax"),
                            ("all", "Everything"),
                            ("hard", "Everything, for good"),
                        ],
                        max_length=16,
                    ),
                ),
                ("person", models.CharField(max_length=64)),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField()),
                ("reason", models.TextField()),
                ("requested_by", models.CharField(max_length=64)),
                ("granted_by", models.CharField(max_length=64)),
                (
                    "granted_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=core.clock.now),
                ),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="NumberSeries",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("year", models.PositiveSmallIntegerField()),
                ("last", models.BigIntegerField(db_default=0, default=0)),
            ],
            options={
                "verbose_name_plural": "number series",
            },
        ),
        migrations.CreateModel(
            name="Period",
            fields=[
                ("id", models.UUIDField(default=core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("number", models.PositiveSmallIntegerField()),
                ("name", models.CharField(max_length=64)),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField()),
            ],
            options={
                "ordering": ["starts_on"],
            },
        ),
        migrations.CreateModel(
            name="PeriodLock",
            fields=[
                (
                    "area",
                    models.CharField(
                        choices=[
                            ("sales", "Sales"),
                            ("purchases", "Purchases"),
                            ("tax", "Tax"),
                            ("all", "Everything"),
                            ("hard", "Everything, for good"),
                        ],
                        max_length=16,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("through", models.DateField()),
                (
                    "changed_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=core.clock.now),
                ),
                ("changed_by", models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="Rate",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("currency", models.CharField(max_length=8)),
                ("base", models.CharField(max_length=8)),
                ("date", models.DateField()),
                ("rate", models.DecimalField(decimal_places=10, max_digits=20)),
            ],
        ),
        migrations.CreateModel(
            name="RateTable",
            fields=[
                ("id", models.UUIDField(default=core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=16)),
                ("name", models.CharField(max_length=200)),
                ("is_default", models.BooleanField(default=False)),
            ],
            options={
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="Account",
            fields=[
                ("id", models.UUIDField(default=core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=32)),
                ("name", models.CharField(max_length=200)),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("asset", "Asset"),
                            ("liability", "Liability"),
                            ("equity", "Equity"),
                            ("income", "Income"),
                            ("expense", "Expense"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "sub_type",
                    models.CharField(
                        choices=[
                            ("bank", "Bank"),
                            ("cash", "Cash"),
                            ("receivable", "Receivable"),
                            ("inventory", "Inventory"),
                            ("prepayment", "Prepayment"),
                            ("fixed_asset", "Fixed asset"),
                            ("depreciation", "Accumulated depreciation"),
                            ("investment", "Investment"),
                            ("payable", "Payable"),
                            ("tax", "Tax"),
                            ("wallet", "Wallet"),
                            ("escrow", "Escrow"),
                            ("deferred_income", "Deferred income"),
                            ("loan", "Loan"),
                            ("capital", "Capital"),
                            ("retained_earnings", "Retained earnings"),
                            ("fund", "Fund"),
                            ("revenue", "Revenue"),
                            ("donation", "Donations and grants"),
                            ("cost_of_sales", "Cost of sales"),
                            ("operating", "Operating expense"),
                            ("clearing", "Clearing"),
                            ("suspense", "Suspense"),
                            ("rounding", "Rounding"),
                            ("exchange", "Exchange gain or loss"),
                            ("other", "Other"),
                        ],
                        default="other",
                        max_length=24,
                    ),
                ),
                ("normal_side", models.CharField(choices=[("debit", "Debit"), ("credit", "Credit")], max_length=8)),
                ("is_group", models.BooleanField(default=False)),
                ("currency", models.CharField(blank=True, default="", max_length=8)),
                ("control_room", models.CharField(blank=True, default="", max_length=32)),
                (
                    "floor",
                    models.CharField(
                        choices=[("none", "May go below zero"), ("zero", "Never below zero")],
                        default="none",
                        max_length=8,
                    ),
                ),
                ("is_hot", models.BooleanField(default=False)),
                ("is_active", models.BooleanField(default=True)),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="accounting.account",
                    ),
                ),
            ],
            options={
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="AccountBalance",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id", "currency", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("currency", models.CharField(max_length=8)),
                ("posted", core.money.AmountField(db_default=0, decimal_places=8, default=0, max_digits=28)),
                ("base", core.money.AmountField(db_default=0, decimal_places=8, default=0, max_digits=28)),
                ("held", core.money.AmountField(db_default=0, decimal_places=8, default=0, max_digits=28)),
                ("version", models.BigIntegerField(db_default=0, default=0)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="balances",
                        to="accounting.account",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ClosingNumber",
            fields=[
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="closing_number",
                        serialize=False,
                        to="accounting.journalentry",
                    ),
                ),
                ("number", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="DayTotal",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id", "currency", "date", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("currency", models.CharField(max_length=8)),
                ("date", models.DateField()),
                ("debit", core.money.AmountField(db_default=0, decimal_places=8, default=0, max_digits=28)),
                ("credit", core.money.AmountField(db_default=0, decimal_places=8, default=0, max_digits=28)),
                ("base_debit", core.money.AmountField(db_default=0, decimal_places=8, default=0, max_digits=28)),
                ("base_credit", core.money.AmountField(db_default=0, decimal_places=8, default=0, max_digits=28)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounting.account",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Dimension",
            fields=[
                ("id", models.UUIDField(default=core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=32)),
                ("name", models.CharField(max_length=200)),
                ("is_active", models.BooleanField(default=True)),
            ],
            options={
                "ordering": ["code"],
                "constraints": [
                    models.UniqueConstraint(fields=("code",), name="accounting_dimension_code"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("code", ""), _negated=True), models.Q(("name", ""), _negated=True)
                        ),
                        name="accounting_dimension_given",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DimensionValue",
            fields=[
                ("id", models.UUIDField(default=core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=64)),
                ("name", models.CharField(max_length=200)),
                ("is_active", models.BooleanField(default=True)),
                (
                    "dimension",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="values",
                        to="accounting.dimension",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="accounting.dimensionvalue",
                    ),
                ),
            ],
            options={
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="DimensionSet",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("key", models.TextField()),
                ("values", models.ManyToManyField(related_name="sets", to="accounting.dimensionvalue")),
            ],
        ),
        migrations.CreateModel(
            name="DraftLine",
            fields=[
                ("position", models.PositiveSmallIntegerField()),
                ("currency", models.CharField(max_length=8)),
                ("debit", core.money.AmountField(decimal_places=8, default=0, max_digits=28)),
                ("credit", core.money.AmountField(decimal_places=8, default=0, max_digits=28)),
                ("rate", models.DecimalField(blank=True, decimal_places=10, max_digits=20, null=True)),
                ("contact", models.UUIDField(blank=True, null=True)),
                ("memo", models.TextField(blank=True, default="")),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("base_amount", core.money.AmountField(blank=True, decimal_places=8, max_digits=28, null=True)),
                ("base_is_credit", models.BooleanField(default=False)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounting.account",
                    ),
                ),
                (
                    "dimensions",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounting.dimensionset",
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="draft_lines",
                        to="accounting.journalentry",
                    ),
                ),
            ],
            options={
                "ordering": ["entry", "position"],
            },
        ),
        migrations.CreateModel(
            name="FiscalYear",
            fields=[
                ("id", models.UUIDField(default=core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=16)),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField()),
                (
                    "closing_entry",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounting.journalentry",
                    ),
                ),
            ],
            options={
                "ordering": ["-starts_on"],
            },
        ),
        migrations.CreateModel(
            name="HoldEnding",
            fields=[
                (
                    "hold",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="ending",
                        serialize=False,
                        to="accounting.hold",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("captured", "Captured"), ("voided", "Released"), ("expired", "Expired")], max_length=8
                    ),
                ),
                (
                    "at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=core.clock.now),
                ),
                ("ended_by_kind", models.CharField(max_length=16)),
                ("ended_by", models.CharField(blank=True, max_length=64)),
            ],
        ),
        migrations.AddField(
            model_name="hold",
            name="account",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="holds",
                to="accounting.account",
            ),
        ),
        migrations.AddField(
            model_name="journalentry",
            name="journal",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="entries",
                to="accounting.journal",
            ),
        ),
        migrations.AddConstraint(
            model_name="journal",
            constraint=models.UniqueConstraint(fields=("code",), name="accounting_journal_code"),
        ),
        migrations.AddConstraint(
            model_name="journal",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("code", ""), _negated=True), models.Q(("name", ""), _negated=True)),
                name="accounting_journal_given",
            ),
        ),
        migrations.AddConstraint(
            model_name="journal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["general", "sales", "purchases", "bank", "wallet", "inventory", "opening", "closing"])
                ),
                name="accounting_journal_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="journal",
            constraint=models.CheckConstraint(
                condition=models.Q(("numbering__in", ["posting", "closing"])), name="accounting_journal_numbering"
            ),
        ),
        migrations.AddField(
            model_name="approvalrule",
            name="journal",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="approval_rules", to="accounting.journal"
            ),
        ),
        migrations.AddField(
            model_name="journalline",
            name="account",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounting.account"
            ),
        ),
        migrations.AddField(
            model_name="journalline",
            name="dimensions",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounting.dimensionset",
            ),
        ),
        migrations.AddField(
            model_name="journalline",
            name="entry",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lines",
                to="accounting.journalentry",
            ),
        ),
        migrations.AddField(
            model_name="ledgersettings",
            name="exchange_account",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounting.account",
            ),
        ),
        migrations.AddField(
            model_name="ledgersettings",
            name="result_account",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounting.account",
            ),
        ),
        migrations.AddField(
            model_name="ledgersettings",
            name="rounding_account",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounting.account",
            ),
        ),
        migrations.AddIndex(
            model_name="lockexception",
            index=models.Index(fields=["person", "expires_at"], name="accounting_exception_of"),
        ),
        migrations.AddConstraint(
            model_name="lockexception",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("area__in", ["sales", "purchases", "tax", "all", "hard"]),
                    models.Q(("area", "hard"), _negated=True),
                ),
                name="accounting_exception_area",
            ),
        ),
        migrations.AddConstraint(
            model_name="lockexception",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_on__gte", models.F("starts_on"))), name="accounting_exception_order"
            ),
        ),
        migrations.AddConstraint(
            model_name="lockexception",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="accounting_exception_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="lockexception",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("granted_by", ""), _negated=True),
                    models.Q(("granted_by", models.F("person")), _negated=True),
                    models.Q(("granted_by", models.F("requested_by")), _negated=True),
                ),
                name="accounting_exception_second_person",
            ),
        ),
        migrations.AddField(
            model_name="numberseries",
            name="journal",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="series",
                to="accounting.journal",
            ),
        ),
        migrations.AddField(
            model_name="journalentry",
            name="series",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounting.numberseries",
            ),
        ),
        migrations.AddField(
            model_name="period",
            name="fiscal_year",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="periods",
                to="accounting.fiscalyear",
            ),
        ),
        migrations.AddConstraint(
            model_name="periodlock",
            constraint=models.CheckConstraint(
                condition=models.Q(("area__in", ["sales", "purchases", "tax", "all", "hard"])),
                name="accounting_lock_area",
            ),
        ),
        migrations.AddField(
            model_name="journalline",
            name="rate_row",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounting.rate",
            ),
        ),
        migrations.AddField(
            model_name="draftline",
            name="rate_row",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounting.rate",
            ),
        ),
        migrations.AddConstraint(
            model_name="ratetable",
            constraint=models.UniqueConstraint(fields=("code",), name="accounting_rate_table_code"),
        ),
        migrations.AddConstraint(
            model_name="ratetable",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_default", True)), fields=("is_default",), name="accounting_rate_table_default"
            ),
        ),
        migrations.AddField(
            model_name="rate",
            name="table",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="rates",
                to="accounting.ratetable",
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.UniqueConstraint(fields=("code",), name="accounting_account_code"),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("code", ""), _negated=True), models.Q(("name", ""), _negated=True)),
                name="accounting_account_given",
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(("type__in", ["asset", "liability", "equity", "income", "expense"])),
                name="accounting_account_type",
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "sub_type__in",
                        [
                            "bank",
                            "cash",
                            "receivable",
                            "inventory",
                            "prepayment",
                            "fixed_asset",
                            "depreciation",
                            "investment",
                            "payable",
                            "tax",
                            "wallet",
                            "escrow",
                            "deferred_income",
                            "loan",
                            "capital",
                            "retained_earnings",
                            "fund",
                            "revenue",
                            "donation",
                            "cost_of_sales",
                            "operating",
                            "clearing",
                            "suspense",
                            "rounding",
                            "exchange",
                            "other",
                        ],
                    )
                ),
                name="accounting_account_sub_type",
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(("normal_side__in", ["debit", "credit"])), name="accounting_account_side"
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(("floor__in", ["none", "zero"])), name="accounting_account_floor"
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("parent__isnull", True), models.Q(("parent", models.F("id")), _negated=True), _connector="OR"
                ),
                name="accounting_account_parent",
            ),
        ),
        migrations.AddField(
            model_name="closingnumber",
            name="series",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounting.numberseries",
            ),
        ),
        migrations.AddConstraint(
            model_name="dimensionvalue",
            constraint=models.UniqueConstraint(fields=("dimension", "code"), name="accounting_value_code"),
        ),
        migrations.AddConstraint(
            model_name="dimensionvalue",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("code", ""), _negated=True), models.Q(("name", ""), _negated=True)),
                name="accounting_value_given",
            ),
        ),
        migrations.AddConstraint(
            model_name="dimensionset",
            constraint=models.UniqueConstraint(fields=("key",), name="accounting_set_key"),
        ),
        migrations.AddConstraint(
            model_name="fiscalyear",
            constraint=models.UniqueConstraint(fields=("code",), name="accounting_year_code"),
        ),
        migrations.AddConstraint(
            model_name="fiscalyear",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_on__gte", models.F("starts_on"))), name="accounting_year_order"
            ),
        ),
        migrations.AddConstraint(
            model_name="fiscalyear",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    (
                        tenant_apps.accounting.models.periods.DateRange(
                            "starts_on", "ends_on", django.contrib.postgres.fields.ranges.RangeBoundary(True, True)
                        ),
                        "&&",
                    )
                ],
                name="accounting_year_apart",
            ),
        ),
        migrations.AddField(
            model_name="holdending",
            name="entry",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounting.journalentry",
            ),
        ),
        migrations.AddIndex(
            model_name="hold",
            index=models.Index(fields=["account", "currency"], name="accounting_hold_of_account"),
        ),
        migrations.AddIndex(
            model_name="hold",
            index=models.Index(
                condition=models.Q(("expires_at__isnull", False)), fields=["expires_at"], name="accounting_hold_expiry"
            ),
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.UniqueConstraint(fields=("idempotency_key",), name="accounting_hold_key"),
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="accounting_hold_positive"),
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount__gte", Decimal("-99999999999999999999.99999999")),
                    ("amount__lte", Decimal("99999999999999999999.99999999")),
                ),
                name="accounting_hold_amount_bounds",
                violation_error_message="amount is out of bounds.",
            ),
        ),
        migrations.AddConstraint(
            model_name="approvalrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("from_amount__gte", Decimal("0")), ("from_amount__lte", Decimal("99999999999999999999.99999999"))
                ),
                name="accounting_approvalrule_from_amount_bounds",
                violation_error_message="from_amount is out of bounds.",
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgersettings",
            constraint=models.CheckConstraint(condition=models.Q(("id", 1)), name="accounting_settings_one_row"),
        ),
        migrations.AddConstraint(
            model_name="ledgersettings",
            constraint=models.CheckConstraint(
                condition=models.Q(("base_exponent__lte", 8)), name="accounting_settings_exponent"
            ),
        ),
        migrations.AddConstraint(
            model_name="numberseries",
            constraint=models.UniqueConstraint(fields=("journal", "year"), name="accounting_series"),
        ),
        migrations.AddConstraint(
            model_name="numberseries",
            constraint=models.CheckConstraint(condition=models.Q(("last__gte", 0)), name="accounting_series_last"),
        ),
        migrations.AddIndex(
            model_name="journalentry",
            index=models.Index(condition=models.Q(("state", "draft")), fields=["id"], name="accounting_entry_drafts"),
        ),
        migrations.AddIndex(
            model_name="journalentry",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True, fields=["date"], name="accounting_entry_by_date"
            ),
        ),
        migrations.AddConstraint(
            model_name="journalentry",
            constraint=models.UniqueConstraint(fields=("idempotency_key",), name="accounting_entry_key"),
        ),
        migrations.AddConstraint(
            model_name="journalentry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("number__isnull", False)),
                fields=("series", "number"),
                name="accounting_entry_number",
            ),
        ),
        migrations.AddConstraint(
            model_name="journalentry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reverses__isnull", False)),
                fields=("reverses",),
                name="accounting_entry_reversed_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="journalentry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("source_room", ""), _negated=True),
                fields=("source_room", "source_id", "source_event"),
                name="accounting_entry_source",
            ),
        ),
        migrations.AddConstraint(
            model_name="period",
            constraint=models.UniqueConstraint(fields=("fiscal_year", "number"), name="accounting_period_number"),
        ),
        migrations.AddConstraint(
            model_name="period",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_on__gte", models.F("starts_on"))), name="accounting_period_order"
            ),
        ),
        migrations.AddConstraint(
            model_name="period",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    (
                        tenant_apps.accounting.models.periods.DateRange(
                            "starts_on", "ends_on", django.contrib.postgres.fields.ranges.RangeBoundary(True, True)
                        ),
                        "&&",
                    )
                ],
                name="accounting_period_apart",
            ),
        ),
        migrations.AddIndex(
            model_name="journalline",
            index=models.Index(
                condition=models.Q(("version", None)), fields=["account", "currency"], name="accounting_line_tail"
            ),
        ),
        migrations.AddIndex(
            model_name="journalline",
            index=models.Index(
                condition=models.Q(("dimensions", None), _negated=True),
                fields=["dimensions"],
                name="accounting_line_dimensions",
            ),
        ),
        migrations.AddIndex(
            model_name="journalline",
            index=models.Index(
                condition=models.Q(("contact", None), _negated=True),
                fields=["contact", "account"],
                name="accounting_line_contact",
            ),
        ),
        migrations.AddIndex(
            model_name="journalline",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True, fields=["date"], name="accounting_line_by_date"
            ),
        ),
        migrations.AddConstraint(
            model_name="journalline",
            constraint=models.UniqueConstraint(fields=("entry", "position"), name="accounting_line_position"),
        ),
        migrations.AddConstraint(
            model_name="journalline",
            constraint=models.UniqueConstraint(
                fields=("account", "currency", "version"), name="accounting_line_version"
            ),
        ),
        migrations.AddConstraint(
            model_name="draftline",
            constraint=models.UniqueConstraint(fields=("entry", "position"), name="accounting_draft_position"),
        ),
        migrations.AddConstraint(
            model_name="draftline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("debit__gte", Decimal("0")), ("debit__lte", Decimal("99999999999999999999.99999999"))
                ),
                name="accounting_draftline_debit_bounds",
                violation_error_message="debit is out of bounds.",
            ),
        ),
        migrations.AddConstraint(
            model_name="draftline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("credit__gte", Decimal("0")), ("credit__lte", Decimal("99999999999999999999.99999999"))
                ),
                name="accounting_draftline_credit_bounds",
                violation_error_message="credit is out of bounds.",
            ),
        ),
        migrations.AddConstraint(
            model_name="draftline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("base_amount__gte", Decimal("0")), ("base_amount__lte", Decimal("99999999999999999999.99999999"))
                ),
                name="accounting_draftline_base_amount_bounds",
                violation_error_message="base_amount is out of bounds.",
            ),
        ),
        migrations.AddConstraint(
            model_name="rate",
            constraint=models.UniqueConstraint(
                fields=("table", "currency", "base", "date"), name="accounting_rate_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="rate",
            constraint=models.CheckConstraint(
                condition=models.Q(("rate__gt", 0), ("rate__lt", 10000000000)), name="accounting_rate_bounds"
            ),
        ),
        migrations.AddConstraint(
            model_name="rate",
            constraint=models.CheckConstraint(
                condition=models.Q(("currency", models.F("base")), _negated=True), name="accounting_rate_apart"
            ),
        ),
        migrations.AddConstraint(
            model_name="closingnumber",
            constraint=models.UniqueConstraint(fields=("series", "number"), name="accounting_closing_number"),
        ),
        migrations.AddConstraint(
            model_name="closingnumber",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__gt", 0)), name="accounting_closing_number_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="holdending",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("entry__isnull", False), ("kind", "captured")),
                    models.Q(("entry__isnull", True), ("kind__in", ["voided", "expired"])),
                    _connector="OR",
                ),
                name="accounting_ending_kind",
            ),
        ),
    ]
