"""Provisioning of staff by their company's directory (SCIM 2.0: RFC 7643 and RFC 7644)."""
