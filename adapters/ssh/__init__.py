# SPDX-License-Identifier: Apache-2.0
"""SSH to the servers: short certificates, one open channel to an agent, few typed errors.

Invariant: no exception of asyncssh leaves this package, no server key is trusted on first use, and of our own
keys only the CA's is ever written to a disk.
"""
