"""Being told to stop: by Ctrl-C (SIGINT), or by whoever ends the process (SIGTERM)."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType

from natsscan.model.errors import StoppedError

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def stop_on_signals() -> None:
    """Have SIGINT and SIGTERM raise StoppedError in the main thread, so that what is open is closed and cleaned up.

    A signal that the process was started to ignore stays ignored.
    """
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stop)


def end_on_signals() -> None:
    """Have both end the process at once, as they do before `stop_on_signals`: there is nothing to clean up any more."""
    for number in _SIGNALS:
        if signal.getsignal(number) is _stop:
            signal.signal(number, signal.SIG_DFL)


def _stop(number: int, _frame: FrameType | None) -> None:
    raise StoppedError(number)


class Held:
    """Keeps SIGINT and SIGTERM back for a moment; `check` and the end raise StoppedError if one of them has come.

    In threads other than the main one, which get no signals, it does nothing.
    """

    def __init__(self) -> None:
        self._came = 0
        self._before: dict[int, signal._HANDLER] = {}

    def __enter__(self) -> Held:
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                before = signal.getsignal(number)
                if callable(before):
                    self._before[number] = before
                    signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)
        if error is None:
            self.check()

    def check(self) -> None:
        """Raise StoppedError if a signal has come."""
        if self._came:
            raise StoppedError(self._came)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._came = number
