"""Why something of a vestibular schwannoma is not measurable, where more than one place has to know the very words."""

NO_EXTRAMEATAL = "the tumor has no extrameatal part"
NO_INTRAMEATAL = "the tumor has no intrameatal part"
NOT_DIVIDED = "the tumor is not divided"
PARTLY_DIVIDED = "part of the tumor is not divided"
NO_SHARED_SLICE = "no slice holds both parts of the tumor in one piece"
