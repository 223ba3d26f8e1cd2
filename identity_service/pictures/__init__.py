"""Pictures of people: taken in, made small and plain, and shown."""
