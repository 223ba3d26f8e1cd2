"""Every SELECT on people."""

from sqlalchemy import bindparam, select

from shared.db.query import Query
from shared.tools.people.models import Person

ME = Query(
    select(Person.id, Person.name, Person.bio, Person.time_zone, Person.roles).where(
        Person.id == bindparam("person_id")
    )
)
