"""The words that the services of the virtual charge point say to each other, and to anyone else.

Knows pydantic and the charger's language; not Redis, not FastStream, not the shape of any OCPP payload.
"""
