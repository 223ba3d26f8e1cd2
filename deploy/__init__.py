"""What running it in containers takes beside docker-compose.yml."""
