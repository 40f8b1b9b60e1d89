"""Soft margins: membership, zones around cores, bands and links between neighbours."""
