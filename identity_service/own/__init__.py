"""What people see and change of their own account: the frame of the pages under /account, and the first."""
