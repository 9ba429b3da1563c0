"""What does this context refuse? Each refusal with its code."""

from tael.foundation.errors import Conflict, Malformed, NotFound


class MessageMalformed(Malformed):
    """There is no such template, or its values are not these."""

    code = "messages.malformed"


class AddressMalformed(Malformed):
    """What was given is no address of that kind."""

    code = "messages.address_malformed"


class PushServiceUnknown(Malformed):
    """The subscription leads to a service that nothing is sent to."""

    code = "messages.push_service_unknown"


class PreferencesMalformed(Malformed):
    """Preferences cannot be like this."""

    code = "messages.preferences_malformed"


class CannotBeSwitchedOff(Malformed):
    """Codes and security messages are always sent, and the list in the app is always kept."""

    code = "messages.cannot_be_switched_off"


class NoSuchMessage(NotFound):
    """There is no such message, or it is somebody else's, or it is older than messages are kept."""

    code = "messages.no_such_message"


class NotSentAgain(Conflict):
    """It has arrived, is under way, or is worth nothing any more."""

    code = "messages.not_sent_again"


class NoSuchSubscription(NotFound):
    """There is no such subscription, or it is somebody else's."""

    code = "messages.no_such_subscription"


class TooManySubscriptions(Conflict):
    """The person has as many browsers as one may have."""

    code = "messages.too_many_subscriptions"


class NoSuchTip(NotFound):
    """There is no tip of that name."""

    code = "messages.no_such_tip"


class NoSuchAdvice(NotFound):
    """It was never given, or to somebody else."""

    code = "messages.no_such_advice"


class NoSuchQuiz(NotFound):
    """There is no such quiz, or it is somebody else's."""

    code = "messages.no_such_quiz"


class QuizEnded(Conflict):
    """It has been passed."""

    code = "messages.quiz_ended"


class AnswersMalformed(Malformed):
    """There is one answer to each question, by the number of an option."""

    code = "messages.answers_malformed"


class ReceiptRefused(Malformed):
    """The receipt of a gateway cannot be believed or understood."""

    code = "messages.receipt_refused"
