"""Deletes records of a topic, as retention does and as no command of wxpipe can. By librdkafka, which wxpipe needs
anyway, and kcat."""
import ctypes
import json
import re
import subprocess

PRODUCER = 0  # any client can be an administrator
POINTER, TEXT, INT, SIZE = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_size_t
FUNCTIONS = {  # name after rd_kafka_: what it returns, what it takes
    "conf_new": (POINTER, []),
    "conf_set": (INT, [POINTER, TEXT, TEXT, TEXT, SIZE]),
    "new": (POINTER, [INT, POINTER, TEXT, SIZE]),
    "destroy": (None, [POINTER]),
    "queue_new": (POINTER, [POINTER]),
    "queue_poll": (POINTER, [POINTER, INT]),
    "queue_destroy": (None, [POINTER]),
    "event_error_string": (TEXT, [POINTER]),
    "event_error": (INT, [POINTER]),
    "event_destroy": (None, [POINTER]),
    "topic_partition_list_new": (POINTER, [INT]),
    "topic_partition_list_add": (POINTER, [POINTER, TEXT, ctypes.c_int32]),
    "topic_partition_list_set_offset": (INT, [POINTER, TEXT, ctypes.c_int32, ctypes.c_int64]),
    "topic_partition_list_destroy": (None, [POINTER]),
    "DeleteRecords_new": (POINTER, [POINTER]),
    "DeleteRecords": (None, [POINTER, ctypes.POINTER(POINTER), SIZE, POINTER, POINTER]),
    "DeleteRecords_destroy": (None, [POINTER]),
}


class Librdkafka:
    def __init__(self):
        library = ctypes.CDLL("librdkafka.so.1")
        for name, (returned, taken) in FUNCTIONS.items():
            function = getattr(library, f"rd_kafka_{name}")
            function.restype, function.argtypes = returned, taken
            setattr(self, name, function)


def kcat(*arguments):
    return subprocess.run(["kcat", *arguments], check=True, capture_output=True, text=True, timeout=30).stdout


def ends(brokers, topic):
    """Partition -> its next offset."""
    listed = json.loads(kcat("-L", "-J", "-b", brokers, "-t", topic))
    asked = [word for one in listed["topics"][0]["partitions"] for word in ("-t", f"{topic}:{one['partition']}:-1")]
    return {int(number): int(offset) for number, offset in re.findall(r"\[(\d+)\] offset (\d+)", kcat("-Q", "-b", brokers, *asked))}


def delete_records(brokers, topic, before):
    """before: partition -> the first offset that stays."""
    kafka = Librdkafka()
    configuration = kafka.conf_new()
    said = ctypes.create_string_buffer(512)
    if kafka.conf_set(configuration, b"bootstrap.servers", brokers.encode(), said, len(said)) != 0:
        raise RuntimeError(said.value.decode())
    client = kafka.new(PRODUCER, configuration, said, len(said))
    if not client:
        raise RuntimeError(said.value.decode())
    queue = kafka.queue_new(client)
    offsets = kafka.topic_partition_list_new(len(before))
    for number, offset in before.items():
        kafka.topic_partition_list_add(offsets, topic.encode(), number)
        kafka.topic_partition_list_set_offset(offsets, topic.encode(), number, offset)
    deletion = POINTER(kafka.DeleteRecords_new(offsets))
    event = None
    try:
        kafka.DeleteRecords(client, ctypes.byref(deletion), 1, None, queue)
        event = kafka.queue_poll(queue, 30_000)
        if not event:
            raise RuntimeError("Kafka did not answer")
        if kafka.event_error(event) != 0:
            raise RuntimeError(kafka.event_error_string(event).decode())
    finally:
        if event:
            kafka.event_destroy(event)
        kafka.DeleteRecords_destroy(deletion)
        kafka.topic_partition_list_destroy(offsets)
        kafka.queue_destroy(queue)
        kafka.destroy(client)
