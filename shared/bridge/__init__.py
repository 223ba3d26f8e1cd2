"""The contract between the two communities: what may cross (`manifest`), its messages, and the client.

Nothing of ours is imported here, so that the contract can be read, and used, alone.
"""
