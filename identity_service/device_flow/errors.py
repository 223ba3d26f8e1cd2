"""What may be wrong about a device's code."""

from shared.kernel.errors import Conflict


class CodeNotKnown(Conflict):
    code = "device.code_not_known"
    title = "This code is not known, or it is too old. Look at your device again"
