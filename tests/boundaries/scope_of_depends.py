"""FSL207: whether Depends takes a scope."""

# fastapi 0.120.4: TypeError
# fastapi 0.121.0: accepted
# newest: accepted

from fastapi import Depends

try:
    Depends(print, scope="function")
except TypeError as error:
    print(type(error).__name__)
else:
    print("accepted")
