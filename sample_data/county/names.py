"""Invented names of townships, villages, streets and people, with their reading in Latin letters."""

from dataclasses import dataclass

import numpy as np

from county.frame import FloatArray, IntArray, random_stream

COUNTY = ("云渡县", "Yundu County")
CITY = ("示例市", "Sample City")
PROVINCE = ("示例省", "Sample Province")
ZONES = (("西北山地片区", "North-western Hills Zone"), ("北岸片区", "North Bank Zone"), ("南岸片区", "South Bank Zone"))
# By number of the township seat (settlements.choose_seats), the county town first.
TOWNSHIPS = (
    ("城关镇", "Chengguan Town"),
    ("白沙镇", "Baisha Town"),
    ("长堤镇", "Changdi Town"),
    ("双桥镇", "Shuangqiao Town"),
    ("黄湾镇", "Huangwan Town"),
    ("南渡镇", "Nandu Town"),
    ("新集镇", "Xinji Town"),
    ("莲湖镇", "Lianhu Town"),
    ("石门镇", "Shimen Town"),
    ("枫香镇", "Fengxiang Town"),
    ("茶垭镇", "Chaya Town"),
    ("双河镇", "Shuanghe Town"),
    ("龙潭镇", "Longtan Town"),
    ("官垱镇", "Guandang Town"),
    ("柳溪镇", "Liuxi Town"),
    ("渡口镇", "Dukou Town"),
    ("赵店乡", "Zhaodian Township"),
    ("马蹄镇", "Mati Town"),
    ("杨铺镇", "Yangpu Town"),
    ("松坪镇", "Songping Town"),
    ("高岗镇", "Gaogang Town"),
    ("云峰乡", "Yunfeng Township"),
    ("新店镇", "Xindian Town"),
    ("岩屋乡", "Yanwu Township"),
)
COMMUNITIES = (
    ("东门社区", "Dongmen Community"),
    ("朝阳社区", "Chaoyang Community"),
    ("新城社区", "Xincheng Community"),
    ("北门社区", "Beimen Community"),
    ("城北社区", "Chengbei Community"),
    ("文昌社区", "Wenchang Community"),
    ("西门社区", "Ximen Community"),
    ("建设社区", "Jianshe Community"),
    ("滨河社区", "Binhe Community"),
    ("南门社区", "Nanmen Community"),
    ("桥头社区", "Qiaotou Community"),
    ("人民路社区", "Renminlu Community"),
)
COLUMN_STREETS = (
    ("西环路", "Xihuan Road"),
    ("竹园路", "Zhuyuan Road"),
    ("西门街", "Ximen Street"),
    ("学府路", "Xuefu Road"),
    ("解放路", "Jiefang Road"),
    ("书院街", "Shuyuan Street"),
    ("药王街", "Yaowang Street"),
    ("中心街", "Zhongxin Street"),
    ("云渡大道", "Yundu Avenue"),
    ("人民路", "Renmin Road"),
    ("鼓楼街", "Gulou Street"),
    ("文昌街", "Wenchang Street"),
    ("桂花路", "Guihua Road"),
    ("东门街", "Dongmen Street"),
    ("建设路", "Jianshe Road"),
    ("工业路", "Gongye Road"),
    ("迎宾路", "Yingbin Road"),
    ("园林路", "Yuanlin Road"),
    ("东环路", "Donghuan Road"),
)
ROW_STREETS = (
    ("滨河路", "Binhe Road"),
    ("码头街", "Matou Street"),
    ("南门街", "Nanmen Street"),
    ("朝阳路", "Chaoyang Road"),
    ("米市街", "Mishi Street"),
    ("府前街", "Fuqian Street"),
    ("县前街", "Xianqian Street"),
    ("胜利路", "Shengli Road"),
    ("新华街", "Xinhua Street"),
    ("育才街", "Yucai Street"),
    ("和平街", "Heping Street"),
    ("幸福路", "Xingfu Road"),
    ("北门街", "Beimen Street"),
    ("青年路", "Qingnian Road"),
    ("北环路", "Beihuan Road"),
)
READINGS_TEXT = """
王wang 李li 张zhang 刘liu 陈chen 杨yang 黄huang 赵zhao 周zhou 吴wu 徐xu 孙sun 胡hu 朱zhu 高gao 林lin
何he 郭guo 马ma 罗luo 梁liang 宋song 郑zheng 谢xie 韩han 唐tang 冯feng 于yu 董dong 萧xiao 程cheng
曹cao 袁yuan 邓deng 许xu 傅fu 沈shen 曾zeng 彭peng 吕lyu 苏su 卢lu 蒋jiang 蔡cai 贾jia 丁ding 魏wei
薛xue 叶ye 阎yan 余yu 潘pan 杜du 戴dai 夏xia 钟zhong 汪wang 田tian 任ren 姜jiang 范fan 方fang 石shi
姚yao 谭tan 廖liao 邹zou 熊xiong 金jin 陆lu 郝hao 孔kong 白bai 崔cui 康kang 毛mao 邱qiu 秦qin
江jiang 史shi 顾gu 侯hou 邵shao 孟meng 龙long 万wan 段duan 雷lei 钱qian 汤tang 尹yin 黎li 易yi
常chang 武wu 乔qiao 贺he 赖lai 龚gong 文wen 家jia 村cun 湾wan 庄zhuang 台tai 岗gang 铺pu 集ji 垸yuan
渡du 滩tan 洲zhou 堤di 店dian 坝ba 畈fan 坪ping 冲chong 岭ling 垭ya 沟gou 坡po 寨zhai 岩yan 槽cao
山shan 坳ao 峪yu 桥qiao 井jing 塘tang 庙miao 树shu 新xin 老lao 上shang 下xia 大da 小xiao 东dong 西xi
南nan 北bei 中zhong 青qing 红hong 双shuang 三san 五wu 长chang 清qing 竹zhu 松song 枫feng 茶cha 桃tao
梅mei 柳liu 杏xing 荷he 桂gui 枣zao 榆yu 槐huai 香xiang 泉quan 水shui 砂sha 瓦wa 窑yao 油you 榨zha
鱼yu 鹤he 凤feng 虎hu 牛niu 羊yang 鸭ya 凰huang 头tou 口kou 嘴zui 关guan 河he 溪xi 沙sha 门men
园yuan 子zi 里li 岔cha 街jie
"""
READINGS = {pair[0]: pair[1:] for pair in READINGS_TEXT.split()}
SURNAMES = tuple(
    "王李张刘陈杨黄赵周吴徐孙胡朱高何郭马罗梁宋郑谢韩唐冯董程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶余潘"
    "杜戴夏钟汪田任姜范方姚谭廖邹熊金陆孔崔康毛邱秦江史顾侯邵孟万段雷钱汤尹易常武贺赖龚"
)
GIVEN = (
    "建国",
    "志强",
    "秀兰",
    "海燕",
    "卫东",
    "桂英",
    "永福",
    "春生",
    "丽华",
    "明远",
    "国庆",
    "晓梅",
    "长青",
    "玉珍",
    "大勇",
    "立新",
)
HILL_ENDS = ("坪", "冲", "岭", "垭", "沟", "坡", "寨", "岩", "槽", "坳", "峪")
PLAIN_ENDS = ("湾", "庄", "台", "岗", "铺", "畈", "店", "塘", "桥", "集")
WATER_ENDS = ("渡", "滩", "洲", "堤", "垸", "坝", "嘴")
FEATURES = (
    "青石",
    "红岩",
    "双井",
    "三岔",
    "五里",
    "长岭",
    "清水",
    "竹园",
    "松林",
    "枫树",
    "茶山",
    "桃林",
    "梅家",
    "柳树",
    "杏树",
    "荷塘",
    "桂树",
    "枣林",
    "榆树",
    "槐树",
    "香泉",
    "砂子",
    "瓦窑",
    "油榨",
    "白鹤",
    "凤凰",
    "老虎",
    "牛头",
    "白羊",
    "大庙",
    "小河",
    "东岗",
    "西岗",
    "南河",
    "北山",
    "中湾",
    "上坪",
    "下坪",
    "新河",
    "老街",
    "龙泉",
    "金鱼",
    "石门",
    "大树",
    "河口",
)
# Three names that two villages share, as happens: a question for whoever writes only the name.
TWINS = ("新庄村", "石桥村", "王家湾村")


@dataclass(frozen=True, slots=True)
class VillageName:
    """The name of a village and its reading."""

    zh: str
    en: str


def read_name(name: str) -> str:
    """Return the reading of a Chinese name as one capitalised word."""
    return "".join(READINGS[sign] for sign in name).capitalize()


def name_villages(
    villages_m: FloatArray, township: IntArray, height_m: FloatArray, river_m: FloatArray
) -> list[VillageName]:
    """Return a name per village that suits its ground; unique but for three pairs in different townships."""
    rng = random_stream("village names")
    taken: set[str] = set(TWINS)
    names: list[str] = []
    for index in range(len(villages_m)):
        ends = HILL_ENDS if height_m[index] > 230 else WATER_ENDS if river_m[index] < 1_600 else PLAIN_ENDS
        while True:
            draw = rng.random(3)
            end = ends[int(draw[0] * len(ends))]
            if draw[1] < 0.62:
                name = f"{SURNAMES[int(draw[2] * len(SURNAMES))]}家{end}村"
            else:
                name = f"{FEATURES[int(draw[2] * len(FEATURES))]}{end if draw[1] < 0.85 else ''}村"
            if name not in taken and name[-2] != name[-3] and len(name) <= 5:
                break
        taken.add(name)
        names.append(name)
    for number, twin in enumerate(TWINS):
        plain = np.flatnonzero((height_m < 200) & (river_m > 1_600))
        first = int(plain[(number * 37 + 11) % len(plain)])
        others = plain[township[plain] != township[first]]
        second = int(others[(number * 53 + 29) % len(others)])
        names[first] = names[second] = twin
    return [VillageName(name, f"{read_name(name[:-1])} Village") for name in names]


def invent_person(rng: np.random.Generator) -> str:
    """Return a person's name, put together at random."""
    draw = rng.random(2)
    return f"{SURNAMES[int(draw[0] * len(SURNAMES))]}{GIVEN[int(draw[1] * len(GIVEN))]}"


def invent_phone(number: int) -> str:
    """Return a telephone number that cannot exist: no area code and no mobile number starts with 0000."""
    return f"0000-555{number % 10_000:04d}"
