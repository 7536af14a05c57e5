"""What Python's own package email says that a message, or a mailbox, has for text: the program that one would write."""

import email
import email.policy
import mailbox
import sys


def show(message):
    for name in ("Subject", "From", "To"):
        print(message.get(name, ""))
    for part in message.walk():
        if part.get_content_type() == "text/plain" and part.get_content_disposition() != "attachment":
            print(part.get_content())


def main(path):
    sys.stdout.reconfigure(errors="replace")
    with open(path, "rb") as file:
        is_box = file.read(5) == b"From "
        file.seek(0)
        if not is_box:
            show(email.message_from_binary_file(file, policy=email.policy.default))
    if is_box:
        for message in mailbox.mbox(path, lambda file: email.message_from_binary_file(file, policy=email.policy.default)):
            show(message)


if __name__ == "__main__":
    main(sys.argv[1])
