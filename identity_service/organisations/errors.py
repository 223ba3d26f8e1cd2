"""What may be wrong when people of an organisation are looked after."""

from shared.kernel.errors import Conflict, Invalid


class BadDomain(Invalid):
    code = "organisations.bad_domain"
    title = "This is not the domain of an organisation. Write it like fieldworks.example"


class DomainTaken(Conflict):
    code = "organisations.domain_taken"
    title = "Another organisation has proved that this domain is its own"


class OutsideDomain(Invalid):
    code = "organisations.outside_domain"
    title = "You can invite addresses under a confirmed domain of your organisation only"


class NameTaken(Conflict):
    code = "organisations.name_taken"
    title = "There is an organisation of this name already"
