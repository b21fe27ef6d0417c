"""Tools for the latents of a trained generator: walks, directions, projection, truncation, nearest images.

Plain functions around `gan.sampler.Sampler`.
"""
