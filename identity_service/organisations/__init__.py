"""Organisations of customers and partners: their domains, and the people their own admins look after."""
