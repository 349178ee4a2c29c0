"""Writes the weight files of tests/weights.rs that people have, of a network of two layers, with
PyTorch 2.15 and NumPy: python make.py FOLDER"""
import argparse, collections, copy, datetime, functools, pathlib, sys, enum
import numpy as np, torch, torch.nn as nn
out = pathlib.Path(sys.argv[1]); out.mkdir(exist_ok=True, parents=True)
def save(obj, name, **k): torch.save(obj, out/name, **k)
torch.manual_seed(0)
net = nn.Sequential(collections.OrderedDict(conv=nn.Conv2d(1,2,1), fc=nn.Linear(2,2)))
with torch.no_grad():
    for i,p in enumerate(net.parameters()): p.copy_(torch.arange(p.numel()).reshape(p.shape)/8 + i)
w = net.state_dict()
opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
for p in net.parameters(): p.grad = torch.ones_like(p)
opt.step()
with torch.no_grad():
    for i,p in enumerate(net.parameters()): p.copy_(torch.arange(p.numel()).reshape(p.shape)/8 + i)
w = net.state_dict()
adam = torch.optim.AdamW(net.parameters()); 
sched = torch.optim.lr_scheduler.LambdaLR(opt, functools.partial(pow, 0.9))
class Mode(enum.Enum): A = 1
class Box: 
    def __init__(self): self.x = {1: 2}; self.d = collections.defaultdict(list, a=[1])
ema = torch.optim.swa_utils.AveragedModel(net)
args = argparse.Namespace(lr=0.1, data_path="/x", shape=torch.Size([1,2]), when=datetime.datetime(2026, 1, 2), delta=datetime.timedelta(1),
  path=pathlib.Path("/x/y"), dev=torch.device("cpu"), dtype=torch.float32, best=np.float64(0.5), arr=np.arange(3), part=functools.partial(int, base=2),
  cplx=1j, s={1,2}, fs=frozenset([1]), b=b"bytes", ba=bytearray(b"x"), r=range(3), big=1<<80, mode=Mode.A, box=Box(), cnt=collections.Counter("aab"), nt=torch.return_types.max((torch.ones(1),torch.ones(1))) , od=collections.OrderedDict(a=1), c=torch.ones(2,dtype=torch.complex64), q=torch.tensor([1,2],dtype=torch.int16), sl=slice(1,2), none=None, cls=dict, fn=len, deq=collections.deque([1]))
save({"model": w, "optimizer": opt.state_dict(), "lr_scheduler": sched.state_dict(), "epoch": 3, "args": args, "model_ema": ema.state_dict(), "scaler": {"scale": 65536.0, "growth": np.float32(2)}}, "reference.pth")
save({"model": w, "optimizer": opt.state_dict(), "args": args, "epoch": 3}, "reference-legacy.pth", _use_new_zipfile_serialization=False)
save({"model": w, "args": args}, "reference-p5.pth", pickle_protocol=5)
save({"net": w, "epoch": 3}, "net.pth")
save({"my_thing": {"inner": {"_orig_mod.module.net.model."+k: v for k,v in w.items()}}, "epoch": np.int64(3)}, "odd-key.pth")
save({"model_ema": ema.state_dict()}, "ema.pth")
save(ema.state_dict(), "averaged.pth")
save({"_orig_mod."+k: v for k,v in w.items()}, "compiled.pth")
save({"module._orig_mod.model.net."+k: v for k,v in w.items()}, "deep.pth")
save({"generator": w, "discriminator": dict(w)}, "two.pth")
save(net, "whole.pth"); save({"model": net, "epoch": 1}, "whole-in-dict.pth"); 
save([1,2], "list.pth"); save({"epoch": 1, "best": 0.5}, "numbers.pth"); save(opt.state_dict(), "optimizer.pth"); save(torch.ones(2), "tensor.pth")
p = nn.Parameter(torch.ones(2)); p.tag = "x"
save({"p": p, "plain": torch.ones(3)}, "attr.pth")
np.savez(out/"arrays.npz", a=np.ones(2))
import pickle; pickle.dump({"a": 1}, open(out/"plain.pkl","wb"))
(out/"lfs.pth").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n")
class Evil:
    def __reduce__(self): import os; return (os.system, ("true",))
save({"model": w, "args": Evil()}, "evil.pth")
