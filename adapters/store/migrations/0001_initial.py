# SPDX-License-Identifier: Apache-2.0
import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="CheckpointRow",
            fields=[
                ("stream", models.TextField(primary_key=True, serialize=False)),
                ("log_seq", models.BigIntegerField()),
                ("at_ns", models.BigIntegerField()),
                ("digest", models.TextField()),
                ("rows", models.BigIntegerField()),
                ("value", models.TextField()),
                ("seal", models.TextField()),
            ],
            options={
                "db_table": "checkpoint",
            },
        ),
        migrations.CreateModel(
            name="HallNow",
            fields=[
                ("hall", models.TextField(primary_key=True, serialize=False)),
                ("value", models.TextField()),
                ("log_seq", models.BigIntegerField()),
                ("at_ns", models.BigIntegerField()),
                ("heartbeat_ns", models.BigIntegerField()),
            ],
            options={
                "db_table": "hall_now",
            },
        ),
        migrations.CreateModel(
            name="Incarnation",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("count", models.BigIntegerField()),
            ],
            options={
                "db_table": "incarnation",
            },
        ),
        migrations.CreateModel(
            name="OperatorRequest",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("hall", models.TextField(blank=True)),
                ("verb", models.TextField()),
                ("args", models.JSONField(default=list)),
                ("actor", models.TextField()),
                ("scope", models.TextField(blank=True)),
                ("created_ns", models.BigIntegerField(db_index=True)),
                ("expires_ns", models.BigIntegerField()),
            ],
            options={
                "db_table": "operator_request",
            },
        ),
        migrations.CreateModel(
            name="EventRow",
            fields=[
                ("pos", models.BigAutoField(primary_key=True, serialize=False)),
                ("stream", models.TextField()),
                ("log_seq", models.BigIntegerField()),
                ("subject", models.TextField()),
                ("at_ns", models.BigIntegerField()),
                ("recorded_ns", models.BigIntegerField()),
                ("hw_epoch", models.BigIntegerField()),
                ("hw_seq", models.BigIntegerField()),
                ("hw_ns", models.BigIntegerField()),
                ("kind", models.TextField()),
                ("payload", models.TextField()),
                ("source", models.TextField()),
                ("cause", models.TextField()),
                ("before", models.TextField()),
                ("after", models.TextField()),
                ("edge", models.TextField()),
                ("verdict", models.TextField()),
                ("reason", models.TextField()),
                ("effects", models.TextField()),
                ("version", models.TextField()),
                ("prev", models.TextField()),
                ("digest", models.TextField()),
                ("request", models.TextField(null=True, unique=True)),
            ],
            options={
                "db_table": "event",
                "constraints": [models.UniqueConstraint(fields=("stream", "log_seq"), name="event_stream_log_seq")],
            },
        ),
    ]
