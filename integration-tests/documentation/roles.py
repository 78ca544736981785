"""What each role types, in an order in which everything is there that it needs."""

from __future__ import annotations

import json
import pathlib
import re
from typing import TYPE_CHECKING

import belongings
from pages import REPOSITORY, blocks
from shell import Failed, wait_for

if TYPE_CHECKING:
    from type_commands import Reader

BY_HAND, GROUP, TRAINER = "docs/src/by-hand.md", "docs/src/group.md", "docs/src/trainer.md"
DATASET, VOTING, CLIENT = "docs/src/dataset.md", "docs/src/voting.md", "docs/src/client.md"
PYTHON, VALIDATOR, TEST_SETS = "docs/src/python.md", "docs/src/validator.md", "docs/src/test-sets.md"
KEEPER, RPC, SALE, DASHBOARD = "docs/src/keeper.md", "docs/src/rpc.md", "docs/src/sale.md", "docs/src/dashboard.md"
TEST_IMAGES = 10_000


def expect(printed: str, pattern: str) -> re.Match[str]:
    """Returns what a command was to print."""
    match = re.search(pattern, printed)
    if not match:
        raise Failed(f"no '{pattern}' in:\n{printed}")
    return match


def pay(reader: Reader, key: str, amount: int) -> str:
    """Pays for an account of the reader's, and returns its address."""
    address: str = reader.ask(f"descent key show --key-file {key}")["account"]
    reader.do(f"DESCENT_SURI=//Dave descent transfer {address} {amount}")
    return address


def network_by_hand(reader: Reader) -> None:
    """A chain, a group on MNIST and a trainer, then data, votes and money."""

    def type(*beginnings: str) -> str:
        return reader.page(BY_HAND, *beginnings)

    type(". scripts/env", "D=", "MODEL=", "descent-node", "descent-worker evaluate", "scripts/mnist")
    type("descent dataset build", "descent dataset build", "descent content serve", "until", "descent group create")
    type("descent-worker train", "descent round watch", "ROUND=")
    expect(type("descent explain"), r"Paid [\d.]+ NRN|Not paid|made no commitment")
    expect(type("descent leaderboard"), "5HjgC64C")
    type("descent dataset build", "descent dataset check", "descent stake add", "descent dataset propose")
    # The reader of README looks before anybody votes.
    work(reader)
    reader.page("README.md", "descent dataset show", "descent dataset sample", "descent-worker judge")
    reader.do("cd -")
    type("descent dataset vote")
    expect(type("descent dataset list"), "5,000 more images")
    type("descent dataset log", "descent emission show", "descent group fund", "descent rewards show")
    type("descent rewards claim", "descent governance show", "descent governance propose")


def work(reader: Reader) -> None:
    """Goes to the folder with the reader's own files."""
    if not (reader.folder / "mnist.json").exists():
        mnist = pathlib.Path(reader.do("echo $D/mnist").strip())
        belongings.digits(reader.folder, mnist)
        belongings.photos(reader.folder)
        belongings.poems(reader.folder)
        belongings.program(reader.folder)
        (reader.home / ".descent").mkdir()
        (reader.home / ".descent/key").write_text("//Ferdie")
        (reader.home / ".descent/key").chmod(0o600)
        reader.do(f"cp $D/train.parquet $D/validation.parquet {reader.folder}")
        reader.do(
            f"descent dataset build --images {mnist}/t10k-images-idx3-ubyte --labels {mnist}/t10k-labels-idx1-ubyte "
            f"--description $MODEL --out {reader.folder}/test.parquet"
        )
    reader.do(f"cd {reader.folder}")


def owner(reader: Reader) -> None:
    """A group of one's own, its stake, money and rules; and one of a language model, for clients."""
    work(reader)
    # The store of the network by hand becomes the one of the pages.
    reader.do("kill %3; wait %3; mv $D/store ~/.descent/content")
    reader.page(GROUP, "descent content serve", keep=True)
    reader.page(GROUP, "descent group create")
    poems(reader)
    for command in reader.left(GROUP):
        # There is a model for it later.
        if not command.text.startswith("descent-worker test"):
            reader.type(command)


def poems(reader: Reader) -> None:
    """Creates a group of a language model and has somebody train it."""
    reader.do(
        f"descent model new gpt --classes 256 --context {belongings.CONTEXT} --blocks 1 --heads 2 --width 32 "
        ">poems.json"
    )
    reader.do("descent dataset build --table poems.parquet --description poems.json --out poems-delta.parquet")
    reader.do(
        "descent group create --name poems --model poems.json --dataset poems-delta.parquet --store ~/.descent/content "
        "--provider http://203.0.113.7:8080 --records 256 --round-length 14 --reveal 4 --attest 5 --open 4 "
        "--key-file ~/.descent/key"
    )
    reader.do(
        "DESCENT_SURI=//Trainer5 descent-worker train 2 --data $D/poems --threads 1 >$D/poems.log 2>&1 & POEMS=$!"
    )


def proposer_and_voter(reader: Reader) -> None:
    """Deltas from tables and pictures; a proposal, a look at it, and votes."""
    reader.do(
        f"mkdir -p {reader.folder}/build; cd {reader.folder}/build; cp -r ../*.csv ../*.json ../*.txt ../photos ../more ."
    )
    reader.do("descent dataset build --folder photos --description photos.json --out photos.parquet")
    for command in reader.pages[DATASET]:
        if command.text.startswith("descent dataset diff"):
            reader.do("until descent dataset log 0 --json | grep -q '\"version\":2'; do sleep 1; done")
        reader.type(command)
    work(reader)
    for command in reader.left(VOTING):
        if command.text.startswith("descent content serve"):
            reader.stop("descent content serve")
            reader.type(command, keep=True)
            continue
        printed = reader.type(command)
        if command.text.startswith("descent-worker judge"):
            expect(printed, "loss")


def client(reader: Reader) -> None:
    """The model at home: in files, in Python, in transformers, over HTTP."""
    work(reader)
    reader.page(CLIENT, "descent model get")
    expect(reader.page(CLIENT, "descent model provenance"), "asked for no recordings in round")
    reader.page(CLIENT, "descent model export mnist")
    reader.around = (
        belongings.COLUMNS + 'x, y = columns("test.parquet", shape=(1, 28, 28))\n',
        '\nprint("accuracy", (classes == y).double().mean().item(), "loss", loss.item())\n',
    )
    theirs = expect(reader.page(CLIENT, "import sys"), r"accuracy ([\d.]+) loss ([\d.]+)")
    ours = reader.page(GROUP, "descent-worker test")
    loss, accuracy = expect(ours, r"[Ll]oss\D*([\d.]+)"), expect(ours, r"([\d.]+) ?%")
    if abs(float(loss[1]) - float(theirs[2])) > 1e-4 or abs(float(accuracy[1]) / 100 - float(theirs[1])) > 1e-3:
        raise Failed(f"Python and the worker measure differently: {theirs[0]}, {ours}")
    print(
        f"         the head classifies {100 * float(theirs[1]):.2f}% of {TEST_IMAGES} test images correctly, in Python"
    )
    wait_for(pathlib.Path(reader.do("echo $D/poems.log").strip()), "Paid")
    reader.page(CLIENT, "descent model export poems")
    # A minute later the group has another head.
    reader.do("descent model get poems --out poems-head.safetensors")
    reader.around = (
        belongings.COLUMNS + 'x, y = columns("poems-delta.parquet", shape=(-1,))\n',
        "\nwith torch.no_grad():\n    scores = model(x.long()).logits\n"
        'print("loss", torch.nn.functional.cross_entropy(scores.reshape(-1, 256), y.reshape(-1)).item())\n',
    )
    theirs = expect(reader.page(CLIENT, "from transformers"), r"loss ([\d.]+)")
    ours = reader.do(
        "descent-worker test --description poems.json --checkpoint poems-head.safetensors --data poems-delta.parquet"
    )
    if abs(float(expect(ours, r"[Ll]oss\D*([\d.]+)")[1]) - float(theirs[1])) > 1e-4:
        raise Failed(f"transformers and the worker measure differently: {theirs[0]}, {ours}")
    reader.page(CLIENT, "descent-worker predict", "descent model export poems", "descent-worker predict")
    reader.do("kill $POEMS; wait $POEMS")
    reader.page(CLIENT, "descent-worker serve", keep=True)
    answer = json.loads(expect(reader.page(CLIENT, "curl"), r"\{.*\}")[0])
    if len(answer["predictions"]) != 5:
        raise Failed(f"the service answers {answer}")
    reader.stop("descent-worker serve")
    package(reader)


def package(reader: Reader) -> None:
    """The Python package."""
    reader.do(f"cd {REPOSITORY}")
    expect(reader.page(PYTHON, ". scripts/env", "export PYTHONPATH", "python -c"), "mnist")
    work(reader)


def looker(reader: Reader) -> None:
    """A program of one's own that asks the node, hashes that it checks itself by, and a browser's page."""
    reader.do(f"cd {REPOSITORY}")
    expect(reader.page(RPC, "curl"), '"round":3')
    reader.page(RPC, "python3", "node ")
    work(reader)
    reader.page(DASHBOARD, "descent dashboard", "descent dashboard", "descent dashboard")
    if "<html" not in (reader.folder / "site/index.html").read_text():
        raise Failed("the exported page is no page")


def keeper(reader: Reader) -> None:
    """A seat among the keepers of the group, and its end."""
    work(reader)
    reader.page(KEEPER, "descent key generate")
    pay(reader, "keeper.key", 20)
    reader.page(KEEPER, "descent-worker keep mnist --key-file")
    reader.page(KEEPER, "descent-worker keep mnist --node", keep=True)
    address = reader.named("keeper.example.org")
    reader.do(f"until descent keeper show mnist | grep -q {address}:8090; do sleep 1; done")
    reader.stop("descent-worker keep")
    expect(reader.page(KEEPER, "descent keeper show"), address)
    reader.page(KEEPER, "descent keeper leave")


def requester(reader: Reader) -> None:
    """Hidden test sets, from their tables to a group that is measured on them. None of its rounds is over here."""
    work(reader)
    reader.stop("descent content serve")
    for command in reader.left(TEST_SETS):
        if command.text.startswith("descent dataset sample"):
            # They stand for what a settled round has.
            reader.do("cp week1.parquet set.parquet; cp model.safetensors winner.safetensors")
        printed = reader.type(command, keep=command.text.startswith("descent content serve"))
        if command.text.startswith("descent test-set open"):
            reader.names["0x5d1c.."] = expect(printed, r"series +(0x[0-9a-f]{64})")[1]
        elif command.text.startswith("descent test-set show --group private --round"):
            expect(printed, "waits for the key of set 0")


def trainer(reader: Reader) -> None:
    """A trainer in every way in which the page starts one."""
    work(reader)
    reader.do("cp model.safetensors mine.safetensors")
    reader.page(TRAINER, "descent key generate")
    reader.names["ACCOUNT"] = pay(reader, "trainer.key", 1_000)
    for command in reader.left(TRAINER):
        reader.type(command, keep=command.text.startswith("descent content serve"))
    reader.stop("descent content serve --store ~/.descent/gateway")
    # Another account has a folder of its own.
    reader.do(f"rm -r ~/.local/share/descent/trainer; mkdir -p {reader.folder}/by-hand; cd {reader.folder}/by-hand")
    hand = [command for command in reader.pages[BY_HAND] if not command.typed]
    start = next(at for at, command in enumerate(hand) if "trainer.key" in command.text)
    reader.type(hand[start])
    reader.names["ACCOUNT"] = pay(reader, "trainer.key", 1_000)
    for command in hand[start + 1 :]:
        if "trainer" in command.text or command.text.startswith("descent balance"):
            reader.type(command)


def validator(reader: Reader) -> None:
    """Keys, a bond, and the way out."""
    reader.do(f"cd {reader.folder}/by-hand")
    own = ("descent ", "descent-node session-keys")
    for page in (BY_HAND, VALIDATOR):
        reader.do("descent-node export-chain-spec --chain local --raw --output chain.json")
        left = [command for command in reader.pages[page] if not command.typed and command.text.startswith(own)]
        for command in left:
            if command.text.startswith("descent key show"):
                continue
            reader.type(command)
            if command.text.startswith("descent key generate"):
                reader.names["ADDRESS"] = pay(reader, "validator.key", 20_000)
        work(reader)
    reader.page(VALIDATOR, "descent key show")


def starter(reader: Reader) -> None:
    """A chain of one's own: the ledger of the page, and a validator that has bought something."""
    reader.do(f"mkdir {reader.folder}/sale; cd {reader.folder}/sale")
    reader.page(SALE, "descent key generate")
    public = expect(reader.page(SALE, "descent-node key inspect"), r"Public key \(hex\): +(0x[0-9a-f]{64})")[1]
    keys = reader.ask("descent key show --key-file validator.key")
    bought = (line for _, block in blocks(SALE, "csv") for line in block if line.startswith("5") and "0x" not in line)
    ledger = ["account,amount,vesting_start,vesting_blocks,liquid", *bought, f"{keys['account']},60000,,,"]
    (reader.folder / "sale/ledger.csv").write_text("\n".join(ledger) + "\n")
    account = keys["public_key"]
    validators = ["account,bond,babe,grandpa,evaluator", f"{keys['account']},50000,{account},{public},{account}"]
    (reader.folder / "sale/validators.csv").write_text("\n".join(validators) + "\n")
    committee = [reader.ask(f"DESCENT_SURI=//{name} descent key show")["account"] for name in ("Eve", "Ferdie", "Dave")]
    reader.names.pop("ACCOUNT", None)
    reader.names["ACCOUNT,ACCOUNT,ACCOUNT"] = ",".join(committee)
    reader.page(SALE, "descent chain-spec", "descent-node export-chain-spec", "b2sum")


def end_of_the_network(reader: Reader) -> None:
    """The last line of the network by hand."""
    reader.stop("")
    reader.page(BY_HAND, "kill")
    reader.do("wait")


def machines_of_validators(reader: Reader) -> None:
    """Nodes with their evaluators, whose ports the network by hand had."""
    work(reader)
    reader.page(VALIDATOR, "descent-worker evaluate", "descent-node --dev")
    reader.page(VALIDATOR, "descent-worker evaluate", keep=True)
    printed = reader.page(VALIDATOR, "descent-node key generate-node-key")
    reader.names["PEER_ID_OF_ALICE"] = printed.split()[-1]
    reader.page(VALIDATOR, "descent-node --chain local", "descent-worker evaluate", keep=True)
    reader.page(VALIDATOR, "descent-node key generate-node-key", "descent-node --chain local", keep=True)
    wait_for(reader.log_of("--bob"), "Imported #")
    reader.stop("")
    reader.page(VALIDATOR, "descent-node export-chain-spec", "for key", "descent-node export-chain-spec")
    reader.page(
        BY_HAND, "descent-worker evaluate", "descent-node key generate-node-key", "descent-node --chain chain.json"
    )
