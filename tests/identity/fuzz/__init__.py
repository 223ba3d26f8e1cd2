"""Whatever is sent to whichever address by whomever: the answer is one of ours, and leads nowhere else."""
