@echo off
rem Installs geo_ems into this folder the first time (no network), then serves the map on this machine.
chcp 65001 >nul
cd /d "%~dp0"
set PYTHON=
where py >nul 2>nul && py -3 -c "import sys; sys.exit(sys.version_info < (3, 11))" && set PYTHON=py -3
if not defined PYTHON where python >nul 2>nul && python -c "import sys; sys.exit(sys.version_info < (3, 11))" && set PYTHON=python
if not defined PYTHON (
    echo 需要 Python 3.11 或更新版本。 Python 3.11 or newer is needed.
    pause
    exit /b 1
)
if not exist program\Scripts\geo-ems.exe (
    %PYTHON% -m venv program || goto failed
    program\Scripts\python -m pip install --quiet --disable-pip-version-check --no-index --find-links wheels --require-hashes --no-deps -r requirements.txt || goto failed
    for %%w in (wheels\geo_ems-*.whl) do program\Scripts\python -m pip install --quiet --disable-pip-version-check --no-index --no-deps "%%w" || goto failed
)
if "%1"=="demo" (
    program\Scripts\geo-ems demo --out demo
    exit /b
)
if not exist my-county\geo-ems.toml program\Scripts\geo-ems init my-county || goto failed
cd my-county
..\program\Scripts\geo-ems serve
exit /b
:failed
echo 安装失败。 The installation failed.
pause
exit /b 1
