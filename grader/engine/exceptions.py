"""What the usual exceptions of Python and PyTorch mean, in a sentence for the person who met one.

A sentence is given only where the exception's own text leaves one meaning; it names nothing of an
assignment, and never the way to write the line.
"""

import re

from grader.engine.replies import StudentError

# From a pattern of "type: text" to what it means; braces take the pattern's groups.
MEANINGS: tuple[tuple[str, str], ...] = (
    # Shapes
    (
        r"shapes cannot be multiplied \(\d+x(\d+) and (\d+)x\d+\)",
        "In a matrix product the left matrix needs as many columns as the right one has rows; "
        "here they are {0} and {1}.",
    ),
    (
        r"size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\)",
        "Two tensors that are combined number by number need the same size in each dimension, or "
        "size 1 in one of them; here {0} meets {1}.",
    ),
    (
        r"Sizes of tensors must match except in dimension (\d+)",
        "Tensors that are joined along dimension {0} need the same size in every other dimension.",
    ),
    (
        r"Tensors must have same number of dimensions: got (\d+) and (\d+)",
        "Tensors that are joined need the same number of dimensions; here they have {0} and {1}.",
    ),
    (
        r"IndexError: Dimension out of range",
        "The tensor has fewer dimensions than this number asks for: dimensions count from 0.",
    ),
    (
        r"shape '.*' is invalid for input of size (\d+)",
        "The sizes of a new shape must multiply to the number of elements, which is {0}.",
    ),
    # Looking up
    (
        r"IndexError: index out of range in self",
        "An id has no row in the table in which it is looked up: ids run from 0 to one less than "
        "the number of rows.",
    ),
    (
        r"IndexError: index (-?\d+) is out of bounds for .* size (\d+)",
        "Places count from 0, so the last of {1} is one less than {1}.",
    ),
    (
        r"IndexError: (list|tuple|string) index out of range",
        "The {0} has fewer elements than this index asks for: places count from 0.",
    ),
    (
        r"'indices' to have one of the following scalar types: Long, Int",
        "Rows are looked up by whole numbers: the ids must be of an integer dtype.",
    ),
    (
        r"tensors used as indices must be",
        "A tensor in square brackets must hold whole numbers or truth values.",
    ),
    (
        r"'\w*(Embedding|Linear|Sequential)' object is not subscriptable",
        "A module is called with parentheses; square brackets are for tensors and lists.",
    ),
    (
        r"TypeError: '(Tensor|Parameter)' object is not callable",
        "Parentheses call a function or a module; a {0} takes square brackets.",
    ),
    (
        r"TypeError: '(float|int)' object is not callable",
        "A number stands before parentheses, so that Python takes it for a function.",
    ),
    (
        r"unsupported operand type\(s\) for .*'\w*Embedding'",
        "A table itself is a module, not numbers: called with ids, it returns their rows.",
    ),
    # Types and devices
    (
        r"to have the same dtype|must have the same dtype|expected scalar type",
        "Tensors that are multiplied need one dtype.",
    ),
    (
        r"not compiled with CUDA|No CUDA GPUs|no NVIDIA driver",
        "Here is no GPU: a net has to work on the device that its inputs are on.",
    ),
    (
        r"Expected all tensors to be on the same device",
        "Tensors that are combined must be on one device: a new one has to be made on the "
        "device of the others.",
    ),
    # Gradients
    (
        r"a leaf Variable that requires grad .* in-place operation",
        "A weight that is trained must not be overwritten while gradients are recorded.",
    ),
    (
        r"needed for gradient computation has been modified by an inplace operation",
        "Numbers were overwritten that a gradient still needs: an operation in place changes them.",
    ),
    (
        r"element 0 of tensors does not require grad",
        "What came has no connection to any weight: somewhere on the way gradients were cut off.",
    ),
    (
        r"Can't call numpy\(\) on Tensor that requires grad",
        "Gradients do not pass through numpy: compute with tensors to the end.",
    ),
    # Calls
    (
        r"not enough values to unpack \(expected (\d+), got (\d+)\)",
        "This line has names for {0} values and gets {1}: compare with what is returned to it.",
    ),
    (
        r"too many values to unpack \(expected (\d+)",
        "This line has names for {0} values and gets more: compare with what is returned to it.",
    ),
    (
        r"NoneType",
        "Something is None here: an argument that was left out, or the result of a function that "
        "ends without a return.",
    ),
    (
        r"list is not a Module subclass",
        "This container takes modules one by one, and got a list of them.",
    ),
    (
        r"cat\(\) takes|cat\(\): argument 'tensors'",
        "The tensors to join come as one list or tuple.",
    ),
    (
        r"Boolean value of Tensor with more than one value is ambiguous",
        "Words such as if, and, or and not take one truth value, and here is a tensor of several.",
    ),
    (
        r'can only concatenate (\w+) \(not "(\w+)"\)',
        "A {0} and a {1} cannot be added: both have to be of one kind.",
    ),
    (r"RecursionError", "A function calls itself without end."),
    (
        r"UnboundLocalError",
        "On the way that was taken through the function, the variable has no value yet.",
    ),
)
SELF = re.compile(r"TypeError: \w+\.\w+\(\) takes (\d+) positional arguments? but (\d+) w")


def meaning_of(error: StudentError) -> str:
    """Return what an exception means in a sentence, or an empty string."""
    said = f"{error.type}: {error.message}"
    found = SELF.search(said)
    if found and int(found[2]) == int(found[1]) + 1:
        return "Python passes a method its object as the first argument, which counts too."
    for pattern, sentence in MEANINGS:
        found = re.search(pattern, said)
        if found:
            return sentence.format(*found.groups())
    return ""
