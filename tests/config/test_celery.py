import pickle

import pytest
from kombu import Producer
from kombu.exceptions import ContentDisallowed

from config.celery import app
from core.broker import Transport
from core.tenancy import schedule
from core.tenancy.tasks import QUEUES, ContextTask, PlatformTask

app.loader.import_default_modules()
OURS = {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}


def test_every_task_knows_for_whom_it_runs() -> None:
    assert {"events.dispatch", "events.sweep", "jobs.run", "jobs.sweep", "tenancy.queue_slice"} <= set(OURS)
    assert [name for name, task in OURS.items() if not isinstance(task, ContextTask)] == []


def test_every_task_goes_to_a_queue_that_is_served() -> None:
    assert {queue.name for queue in app.conf.task_queues} == set(QUEUES)
    assert {task.destination for task in OURS.values()} <= set(QUEUES)
    assert app.conf.task_create_missing_queues is False


def test_the_schedule_holds_platform_tasks() -> None:
    found = schedule.schedule()

    assert {"events.sweep", "events.purge", "jobs.sweep", "jobs.purge"} <= set(found)
    assert all(isinstance(entry.task, PlatformTask) for entry in found.values())


def test_a_task_is_acknowledged_when_it_has_ended() -> None:
    assert app.conf.task_acks_late
    assert all(task.acks_late and task.reject_on_worker_lost for task in OURS.values())
    assert app.conf.worker_prefetch_multiplier == 1


def test_no_results_are_kept_and_no_log_is_taken_over() -> None:
    assert app.conf.result_backend is None
    assert all(task.ignore_result for task in OURS.values())
    assert app.conf.worker_hijack_root_logger is False


def test_a_message_returns_within_a_minute_of_its_workers_death() -> None:
    options = app.conf.broker_transport_options

    longest = options["visibility_timeout"] + options["unacked_restore_interval"] * options["unacked_restore_throttle"]
    assert longest + options["restore_grace"] < 60
    assert options["renew_interval"] * 4 < options["visibility_timeout"]
    with app.connection_for_read() as connection:
        assert isinstance(connection.transport, Transport)
        channel = connection.default_channel
        assert (channel.visibility_timeout, channel.unacked_restore_throttle) == (options["visibility_timeout"], 1)


def test_the_broker_never_makes_a_request_wait_for_long() -> None:
    options = app.conf.broker_transport_options

    assert options["socket_connect_timeout"] <= 3
    assert options["max_retries"] == 1
    # Its answer to a blocking pop may take as long as the pop.
    assert options["socket_timeout"] > Transport.brpop_timeout


def test_a_message_that_is_not_json_is_refused() -> None:
    with app.connection_for_write() as connection:
        channel = connection.default_channel
        producer = Producer(channel)
        producer.publish(
            pickle.dumps({"a": 1}), routing_key="test-pickle", content_type="application/x-python-serialize",
            content_encoding="binary", headers={"task": "events.dispatch", "id": "1"},
        )  # fmt: skip
        message = channel.basic_get("test-pickle", no_ack=True)
        message.accept = set(app.amqp.TaskConsumer(channel).accept)

        with pytest.raises(ContentDisallowed):
            message.decode()
