"""How a service comes up, is found, and goes: one for each folder, wherever the folder is, and by itself."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from playground.runs import address
from playground.runs.address import ensure_service, read_address
from playground.runs.client import Client
from playground.runs.reasons import ServiceDown
from playground.spec.errors import SpecError
from tests.runs.house import ROOT, House, alive, house, until


def test_starters_at_the_same_moment_find_one_service(tmp_path: Path):
    with house(tmp_path) as home:
        found: list[address.Address] = []
        starters = [
            threading.Thread(target=lambda: found.append(ensure_service(tmp_path, home.environment)))
            for _ in range(3)
        ]
        for starter in starters:
            starter.start()
        for starter in starters:
            starter.join()
        assert len(found) == 3
        assert len({one.pid for one in found}) == 1
        run = home.start(max_steps=20)
        home.until(run, "finished")


def test_a_second_service_for_a_folder_leaves_at_once(home: House):
    first = ensure_service(home.folder, home.environment)
    command = [sys.executable, "-P", "-m", "playground.runs.service", "--data-dir", str(home.folder)]
    second = subprocess.run(command, env=home.environment, timeout=60, check=False)
    assert second.returncode == 0
    assert read_address(home.folder) == first
    assert home.client.info()["pid"] == first.pid


def test_only_its_user_can_reach_a_service(home: House):
    ensure_service(home.folder, home.environment)
    service = home.folder / "service"
    assert stat.S_IMODE(service.stat().st_mode) == 0o700
    assert stat.S_IMODE((service / "socket").stat().st_mode) == 0o600
    assert stat.S_IMODE((service / "address.json").stat().st_mode) == 0o600


def test_a_path_too_long_for_a_socket_is_no_obstacle(tmp_path: Path):
    deep = tmp_path / ("a" * 60) / ("b" * 60)
    with house(deep) as home:
        found = ensure_service(deep, home.environment)
        assert found.temporary
        folder = Path(found.temporary)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        run = home.start(max_steps=20)
        home.until(run, "finished")
    until(lambda: not folder.exists())


def test_what_a_killed_service_has_left_is_cleared_away(tmp_path: Path):
    deep = tmp_path / ("a" * 60) / ("b" * 60)
    with house(deep) as home:
        left = Path(ensure_service(deep, home.environment).temporary)
        home.service().kill()
        home.client.info()
        assert not left.exists()


def test_without_sockets_a_port_and_a_token_do(tmp_path: Path):
    with house(tmp_path) as home:
        home.environment["PLAYGROUND_SOCKET"] = "loopback"
        found = ensure_service(tmp_path, home.environment)
        assert (found.path, found.port > 0, len(found.token)) == ("", True, 32)
        run = home.start(max_steps=20)
        home.until(run, "finished")
        address.write_address(tmp_path, address.Address(found.pid, port=found.port, token="guessed"))
        with pytest.raises(ServiceDown):
            Client(tmp_path, start=False).info()
        address.write_address(tmp_path, found)


def test_a_spawned_worker_does_what_a_forked_one_does(tmp_path: Path):
    with house(tmp_path) as home:
        home.environment["PLAYGROUND_START"] = "spawn"
        run = home.start(max_steps=50)
        assert home.until(run, "finished").step == 50
        stuck = home.start(hang_at=5)
        home.until(stuck, "running", step=4)
        home.client.delete(home.owner, stuck)
        until(lambda: len(home.processes()) == 1)


def test_a_service_that_nobody_needs_leaves_by_itself(tmp_path: Path):
    with house(tmp_path, exit_seconds=0.5, idle_seconds=1) as home:
        run = home.start(max_steps=20)
        home.until(run, "finished")
        processes = home.processes()
        home.client.close()
        until(lambda: not any(map(alive, processes)))
        assert read_address(tmp_path) is None
        assert home.view(run).status == "finished"  # and is there again when it is needed


def test_a_service_with_an_active_run_stays(tmp_path: Path):
    with house(tmp_path, exit_seconds=0.3, idle_seconds=0) as home:
        run = home.start(sleep=0.01)
        home.until(run, "running", step=1)
        service = home.service()
        time.sleep(1.5)
        assert alive(service)
        assert home.view(run).status == "running"


def test_a_service_that_is_told_to_leave_is_started_again_by_the_next_call(home: House):
    run = home.start(max_steps=20)
    home.until(run, "finished")
    before = home.client.info()["pid"]
    home.client.shut_down()
    assert home.view(run).status == "finished"
    assert home.client.info()["pid"] != before


def test_a_process_that_is_about_to_end_starts_no_service(tmp_path: Path):
    address.retire(tmp_path)
    with pytest.raises(ServiceDown):
        Client(tmp_path).info()
    assert read_address(tmp_path) is None


def test_a_killed_service_is_a_sentence_or_is_there_again(home: House):
    home.client.info()
    home.service().kill()
    with pytest.raises(ServiceDown) as down:
        Client(home.folder, start=False).info()
    assert down.value.text("zh") == "运行服务没有响应，正在重新启动；你的运行都已保存"
    home.client.info()


def test_a_reader_does_not_notice_that_the_service_is_replaced(home: House):
    run = home.start(max_steps=20)
    home.until(run, "finished")
    pids = set[int]()
    for _ in range(2):
        pids.add(home.client.info()["pid"])
        other = Client(home.folder, home.environment)
        other.shut_down()
        for _ in range(20):
            assert home.view(run).status == "finished"
    assert len(pids) == 2


def test_a_folder_that_is_a_file_is_refused_in_a_sentence(tmp_path: Path):
    (tmp_path / "data").write_text("I am a file")
    with pytest.raises(ServiceDown, match=r"The data folder .*data cannot be used \(.*\); choose another"):
        Client(tmp_path / "data").info()


def test_a_read_only_folder_is_refused_in_a_sentence(tmp_path: Path):
    """Asked as a user who may not write, because root may write everywhere."""
    script = (
        "import os, sys; from pathlib import Path; from playground.runs.client import Client, ServiceDown\n"
        "from playground import i18n; [i18n.keys(lang) for lang in i18n.LANGUAGES]\n"
        "if os.geteuid() == 0: os.setuid(65534)\n"
        "try: Client(Path(sys.argv[1])).info()\n"
        "except ServiceDown as down: print(down.text('en')); print(down.text('zh'))"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "data").mkdir()
        folder.chmod(0o755)
        (folder / "data").chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", script, str(folder / "data")],
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        (folder / "data").chmod(0o755)
    lines = done.stdout.splitlines()
    assert len(lines) == 2, done.stderr
    assert lines[0].startswith(f"The data folder {folder / 'data'} cannot be used (Permission denied)"), done
    assert lines[1].startswith(f"数据文件夹 {folder / 'data'} 不可用")


def test_a_wrong_setting_is_told_by_its_name(tmp_path: Path):
    wrong = "PLAYGROUND_SLOTS: many is not a number that fits here"
    with house(tmp_path, slots="many") as home, pytest.raises(ServiceDown, match=wrong):
        home.client.info()


def test_a_refusal_is_one_for_pages_that_know_only_those():
    assert issubclass(ServiceDown, SpecError)


def test_a_damaged_address_file_is_as_good_as_none(home: House):
    home.client.info()
    home.service().kill()
    for text in ("", "[]", "{", '{"pid": 1, "elsewhere": 2}', '{"pid": 1}'):
        (home.folder / "service" / "address.json").write_text(text)
        assert isinstance(House(home.folder).client, Client)
        fresh = Client(home.folder, start=False)
        with pytest.raises(ServiceDown):
            fresh.info()
    home.client.info()
