"""Signatures of packages in OpenSSH's format: made and checked here, and by ``ssh-keygen -Y sign`` and ``-Y verify`` as well."""
