"""One objective a file: `d(real, fake)` and `g(fake)`, plain functions of logits.

Logits have shape (N,), the sigmoid is inside the loss; both return a scalar to make small.
D_FORMULA and G_FORMULA tell the same in LaTeX, where D(x) is the sigmoid of the logit C(x).
"""
