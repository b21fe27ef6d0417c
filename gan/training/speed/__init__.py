"""Speed of training without change of the maths: precision, CUDA graphs, CPU threads, a side stream."""
