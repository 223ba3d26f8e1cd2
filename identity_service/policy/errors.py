"""What can be wrong with a policy."""

from shared.kernel.errors import Invalid


class BadPolicy(Invalid):
    code = "policy.out_of_range"
    title = "A value of the sign-in policy is out of range"
